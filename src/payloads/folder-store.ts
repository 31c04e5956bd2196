/**
 * Owns the folder of large values: `<owner>/<hash of the job's id>/<hash of the value>`, one file for each value.
 *
 * 1. A value is there whole or not at all: written under another name, flushed, renamed, and the folders flushed. Two
 *    writers of the same value write the same file.
 * 2. A file begins with a line that says whose it is, since the names do not; the value's JSON follows.
 * 3. A value that its job names is a file of that name beside them, whose first line has its hash. The first one stays.
 * 4. The owner is the namespace that the jobs live in: a folder that was used with another server keeps its values apart.
 */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fieldOf, JobError, messageOf } from '../contract/errors.ts';
import type { StoredPayload } from '../contract/payload-reference.ts';
import { flushFolder, isAbsent } from '../storage/durable.ts';
import type { PayloadStore, StoredJob, StoredValue } from './payload-store.ts';

const ID_PATTERN = /^[\w-]{1,100}\/[0-9a-f]{40}\/[0-9a-f]{64}$/;
/** Names that jobs give; those of other values are 64 digits without a dash. */
const NAME_PATTERN = /^[a-z]{1,20}(-\d{1,10}){1,4}$/;
const JOB_HASH_LENGTH = 40;
/** Longer than the first line of any value. */
const HEAD_BYTES = 8192;
const LINE_END = 10;
/** The folder of a job may be removed while a value is written into it. */
const WRITES_TRIED = 3;

export class FolderStore implements PayloadStore {
  readonly #folder: string;
  readonly #owner: () => Promise<string>;

  /**
   * @param folder absolute path; made at the first value
   * @param owner id of the namespace whose jobs have their values here; asked for when it is needed
   */
  constructor(folder: string, owner: () => Promise<string>) {
    this.#folder = folder;
    this.#owner = owner;
  }

  async put(job: string, body: Uint8Array): Promise<StoredPayload> {
    const sha256 = hashOf(body);
    const folder = await this.#folderOf(job);
    await this.#write(folder, async () => await writeWhole(join(folder, sha256), [headOf({ format: 1, job }), body], rename));
    return { id: `${await this.#owner()}/${jobHash(job)}/${sha256}`, bytes: body.length, sha256 };
  }

  async putNamed(job: string, name: string, body: Uint8Array): Promise<boolean> {
    if (!NAME_PATTERN.test(name)) throw new TypeError(`No name of a stored value: ${name}`);
    const folder = await this.#folderOf(job);
    const head = headOf({ format: 1, job, sha256: hashOf(body) });
    let isNew = true;
    await this.#write(folder, async () => {
      await writeWhole(join(folder, name), [head, body], async (draft, path) => {
        isNew = await nameOnce(draft, path);
      });
    });
    return isNew;
  }

  async getNamed(job: string, name: string): Promise<Uint8Array | undefined> {
    const id = `${await this.#owner()}/${jobHash(job)}/${name}`;
    const file = await this.#read(id);
    if (file === undefined) return undefined;
    const end = file.indexOf(LINE_END);
    const body = file.subarray(end + 1);
    if (fieldOf(parsed(file.toString('utf8', 0, end)), 'sha256') !== hashOf(body)) throw this.#missing(id, 'is damaged');
    return body;
  }

  async firstLine(job: string, name: string): Promise<string | undefined> {
    return (await ifThere(firstLinesOf(join(await this.#folderOf(job), name))))?.[1];
  }

  async names(job: string): Promise<readonly string[]> {
    return (await namesIn(await this.#folderOf(job))).filter((name) => NAME_PATTERN.test(name));
  }

  async refresh(job: string): Promise<void> {
    const folder = await this.#folderOf(job);
    const now = new Date();
    for (const name of await namesIn(folder)) await ifThere(utimes(join(folder, name), now, now));
  }

  /** Writes into a folder, and makes its names survive a power cut. */
  async #write(folder: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      for (const above of [folder, dirname(folder), this.#folder]) await flushFolder(above);
    } catch (error) {
      throw new JobError('unavailable', `The payload folder ${this.#folder} cannot be written: ${messageOf(error)}`, { cause: error });
    }
  }

  async get({ id, bytes, sha256 }: StoredPayload): Promise<Uint8Array> {
    const file = ID_PATTERN.test(id) ? await this.#read(id) : undefined;
    if (file === undefined) throw this.#missing(id, 'is not there: it was removed, or written into another folder');
    const body = file.subarray(file.indexOf(LINE_END) + 1);
    if (body.length !== bytes || hashOf(body) !== sha256) throw this.#missing(id, 'is damaged');
    return body;
  }

  async stat(job: string): Promise<StoredJob | undefined> {
    return await this.#statFolder(`${await this.#owner()}/${jobHash(job)}`);
  }

  async delete(job: string, ids?: readonly string[]): Promise<void> {
    const folder = await this.#folderOf(job);
    if (ids === undefined) {
      await rm(folder, { recursive: true, force: true });
      return;
    }
    for (const id of ids) await rm(join(folder, basename(id)), { force: true });
    await rmdir(folder).catch(() => undefined);
  }

  async *jobs(): AsyncGenerator<StoredJob, void, undefined> {
    const owner = await this.#owner();
    for (const name of await namesIn(join(this.#folder, owner))) {
      const stored = await this.#statFolder(`${owner}/${name}`);
      if (stored !== undefined) yield stored;
    }
  }

  async #folderOf(job: string): Promise<string> {
    return join(this.#folder, await this.#owner(), jobHash(job));
  }

  /** Whose folder it is and what is in it, drafts that were left behind as well. Undefined for one that is empty or gone. */
  async #statFolder(path: string): Promise<StoredJob | undefined> {
    const names = await namesIn(join(this.#folder, path));
    const values = await Promise.all(names.map((name) => this.#statValue(`${path}/${name}`)));
    for (const name of names) {
      const job = await ifThere(jobIn(join(this.#folder, path, name)));
      if (job !== undefined) return { job, values: values.filter((value) => value !== undefined) };
    }
    return undefined;
  }

  async #statValue(id: string): Promise<StoredValue | undefined> {
    const stats = await ifThere(stat(join(this.#folder, id)));
    return stats && { id, writtenMs: stats.mtimeMs };
  }

  async #read(id: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#folder, id));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw new JobError('unavailable', `The payload folder ${this.#folder} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  #missing(id: string, reason: string): JobError {
    return new JobError('payload-missing', `The stored value ${id} ${reason} (payload folder ${this.#folder}).`, {
      details: { id, folder: this.#folder },
    });
  }
}

/** Writes a file under another name, and has it named when it is whole. */
async function writeWhole(
  path: string,
  parts: readonly Uint8Array[],
  giveName: (draft: string, path: string) => Promise<void>,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const draft = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(draft, parts, { mode: 0o600, flush: true });
      await giveName(draft, path);
      return;
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      if (!isAbsent(error) || tries === WRITES_TRIED) throw error;
    }
  }
}

/** Gives a draft its name, unless that is taken; whether it has it. */
async function nameOnce(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (fieldOf(error, 'code') === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function headOf(facts: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(`${JSON.stringify(facts)}\n`);
}

/** The job that the first line of a file names; undefined when there is no such line. */
async function jobIn(file: string): Promise<string | undefined> {
  const [line = ''] = await firstLinesOf(file);
  const job = fieldOf(parsed(line), 'job');
  return typeof job === 'string' ? job : undefined;
}

/** The first two lines of a file, or what of them is in its first bytes. */
async function firstLinesOf(file: string): Promise<readonly string[]> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead).split('\n', 2);
  } finally {
    await handle.close();
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await ifThere(readdir(folder))) ?? [];
}

/** Undefined for a file or folder that is not there, or that is the other of the two. */
async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function jobHash(job: string): string {
  return hashOf(Buffer.from(job)).slice(0, JOB_HASH_LENGTH);
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
