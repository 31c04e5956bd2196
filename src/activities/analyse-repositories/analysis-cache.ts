/**
 * Owns `<workDir>/cache`: what analyses keep for the next one of the same source and ref, within a budget of disk. Two files a
 * repository at most: what was read of it, and the clone of one behind https. Knows nothing of what is in them.
 *
 * 1. Everything comes in and goes out by renaming, so that analyses side by side, in processes of any number, meet whole files.
 * 2. A clone is taken out while it is used: the second analysis of the same repository makes one of its own.
 * 3. What is lost (a killed worker, a full disk) costs time and nothing else: no failure here fails an analysis.
 */
import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnalyserSettings } from './analyser-settings.ts';
import { folderBytes, MB } from './folder-bytes.ts';

const DEFAULT_MB = 1024;
/** What is larger than this share of the budget would drive all others out. */
const LARGEST_SHARE = 0.5;
const FINDINGS = '.findings';
const CLONE = '.git';
/** On its way in or out. */
const LEAVING = '.leaving';
/** Whoever moved it that long ago was killed. */
const LEFT_AFTER_MS = 3_600_000;

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

export class AnalysisCache {
  /** False: nothing is kept, and nothing is found. */
  readonly isOn: boolean;
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #name: string;

  constructor(
    { workDir, cacheMb = DEFAULT_MB }: AnalyserSettings,
    { source, ref = '' }: { readonly source: string; readonly ref?: string },
  ) {
    this.isOn = cacheMb > 0;
    this.#folder = join(workDir, 'cache');
    this.#maxBytes = cacheMb * MB;
    this.#name = createHash('sha256')
      .update(JSON.stringify([source, ref]))
      .digest('hex')
      .slice(0, 32);
  }

  /** What the last analysis kept, or undefined. */
  async readFindings(): Promise<Buffer | undefined> {
    if (!this.isOn) return undefined;
    const now = new Date();
    await utimes(this.#path(FINDINGS), now, now).catch(() => {});
    return await readFile(this.#path(FINDINGS)).catch(() => undefined);
  }

  async keepFindings(findings: Buffer): Promise<void> {
    await this.#keep(findings.length, async () => {
      const written = this.#leavingPath();
      await writeFile(written, findings, { mode: 0o600 });
      await rename(written, this.#path(FINDINGS));
    });
  }

  /** Moves the clone that was kept into `folder`: its new path, or undefined when there is none. */
  async takeClone(folder: string): Promise<string | undefined> {
    if (!this.isOn) return undefined;
    const target = join(folder, 'kept.git');
    return await rename(this.#path(CLONE), target).then(
      () => target,
      () => undefined,
    );
  }

  /** Moves a clone in; one that another analysis put there meanwhile goes. */
  async putClone(gitDir: string): Promise<void> {
    await this.#keep(await folderBytes(gitDir), async () => {
      const place = this.#path(CLONE);
      await discard(place, this.#leavingPath());
      await rename(gitDir, place);
      const now = new Date();
      await utimes(place, now, now);
    });
  }

  async #keep(bytes: number, keep: () => Promise<void>): Promise<void> {
    if (!this.isOn || bytes > this.#maxBytes * LARGEST_SHARE) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      .then(keep)
      .then(async () => await this.#trim())
      .catch(() => {});
  }

  /** Removes what was used longest ago until the rest fits, and what a killed worker did not get to remove. */
  async #trim(): Promise<void> {
    const names = await readdir(this.#folder);
    const found = await Promise.all(names.map(async (name) => await entryAt(join(this.#folder, name))));
    await Promise.all(found.filter(isLeft).map(async ({ path }) => await rm(path, { recursive: true, force: true })));
    const entries = found.filter((entry) => !isLeft(entry));
    let excess = entries.reduce((sum, { bytes }) => sum + bytes, 0) - this.#maxBytes;
    for (const { path, bytes } of entries.toSorted((a, b) => a.usedAt - b.usedAt)) {
      if (excess <= 0) return;
      await discard(path, this.#leavingPath());
      excess -= bytes;
    }
  }

  #path(ending: string): string {
    return join(this.#folder, this.#name + ending);
  }

  #leavingPath(): string {
    return join(this.#folder, randomUUID() + LEAVING);
  }
}

/** One that is gone meanwhile counts nothing. */
async function entryAt(path: string): Promise<Entry> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return { path, bytes: 0, usedAt: 0 };
  return { path, bytes: found.isDirectory() ? await folderBytes(path) : found.size, usedAt: found.mtimeMs };
}

function isLeft({ path, usedAt }: Entry): boolean {
  return path.endsWith(LEAVING) && usedAt < Date.now() - LEFT_AFTER_MS;
}

/** Out of others' reach first: nobody must take a folder that is half removed. */
async function discard(path: string, leaving: string): Promise<void> {
  const isTaken = await rename(path, leaving).then(
    () => true,
    () => false,
  );
  if (isTaken) await rm(leaving, { recursive: true, force: true });
}
