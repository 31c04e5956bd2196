/**
 * Owns the audit log: a line of JSON for each act, in the order in which they were done, on the disk before the act is answered. Acts
 * that come together share one write. Old files go when there are five of 10 MB.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One act. */
export interface AuditEntry {
  /** ISO 8601. */
  readonly at: string;
  /** Name of the key, or what the hook said. */
  readonly actor: string;
  readonly keyId?: string;
  readonly via: string;
  readonly act: string;
  readonly jobs?: readonly string[];
  /** How many jobs an operation was begun for. */
  readonly count?: number;
  readonly reason?: string;
  /** Address of the caller. */
  readonly from: string;
  readonly requestId: string;
  /** `done`, or the code of the error. */
  readonly outcome: string;
}

export interface AuditFilter {
  /** Newest first, at most so many. */
  readonly limit: number;
  /** Only acts before this time, ISO 8601. */
  readonly before?: string;
  readonly job?: string;
  readonly actor?: string;
  readonly act?: string;
}

const FILE = 'audit.jsonl';
const MAX_BYTES = 10 * 1024 * 1024;
const KEPT = 5;
const LINE_END = 0x0a;

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class AuditLog {
  readonly #folder: string;
  #waiting: Waiting[] = [];
  #isWriting = false;

  /** @param folder the data folder */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves when the entry is on the disk. */
  async record(entry: AuditEntry): Promise<void> {
    await new Promise<void>((done, failed) => {
      this.#waiting.push({ line: `${JSON.stringify(entry)}\n`, done, failed });
      if (!this.#isWriting) void this.#write();
    });
  }

  /** Entries that match, newest first. */
  async read({ limit, before, job, actor, act }: AuditFilter): Promise<readonly AuditEntry[]> {
    const found: AuditEntry[] = [];
    for (let number = 0; number < KEPT && found.length < limit; number += 1) {
      const ofFile: AuditEntry[] = [];
      for await (const entry of entriesIn(this.#file(number))) {
        const isMeant =
          (before === undefined || entry.at < before) &&
          (job === undefined || entry.jobs?.includes(job) === true) &&
          (actor === undefined || entry.actor === actor) &&
          (act === undefined || entry.act === act);
        if (isMeant) ofFile.push(entry);
        if (ofFile.length > limit) ofFile.shift();
      }
      found.push(...ofFile.toReversed());
    }
    return found.slice(0, limit);
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const some = this.#waiting.splice(0);
      try {
        await this.#append(some.map(({ line }) => line).join(''));
        for (const { done } of some) done();
      } catch (error) {
        for (const { failed } of some) failed(error);
      }
    }
    this.#isWriting = false;
  }

  async #append(text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#rotate();
    const file = await open(this.#file(0), 'a+', 0o600);
    try {
      // A line that a crash has cut short must not take the next one with it.
      await file.writeFile((await endsInside(file)) ? `\n${text}` : text);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async #rotate(): Promise<void> {
    const facts = await stat(this.#file(0)).catch(() => undefined);
    if (facts === undefined || facts.size < MAX_BYTES) return;
    await rm(this.#file(KEPT - 1), { force: true });
    for (let number = KEPT - 2; number >= 0; number -= 1) {
      await rename(this.#file(number), this.#file(number + 1)).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      });
    }
  }

  /** 0: the one that is written to. */
  #file(number: number): string {
    return join(this.#folder, number === 0 ? FILE : `${FILE}.${number}`);
  }
}

async function endsInside(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== LINE_END;
}

/** Entries of a file, oldest first. A line that a crash has cut short is left out. */
async function* entriesIn(path: string): AsyncGenerator<AuditEntry> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return;
  const input = createReadStream(path, 'utf8');
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    try {
      yield JSON.parse(line) as AuditEntry;
    } catch {
      // Cut short.
    }
  }
}
