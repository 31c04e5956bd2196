/**
 * Owns the folder of large values: `<owner>/<hash of the job's id>/<hash of the value>`, one file for each value.
 *
 * 1. A value is there whole or not at all: written under another name, flushed, renamed, and the folders flushed. Two
 *    writers of the same value write the same file.
 * 2. A file begins with a line that says whose it is, since the names do not; the value's JSON follows.
 * 3. The owner is the namespace that the jobs live in: a folder that was used with another server keeps its values apart.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fieldOf, JobError, messageOf } from '../contract/errors.ts';
import type { StoredPayload } from '../contract/payload-reference.ts';
import { flushFolder, isAbsent } from '../storage/durable.ts';
import type { PayloadStore, StoredJob, StoredValue } from './payload-store.ts';

const ID_PATTERN = /^[\w-]{1,100}\/[0-9a-f]{40}\/[0-9a-f]{64}$/;
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
    const head = Buffer.from(`${JSON.stringify({ format: 1, job })}\n`);
    try {
      await writeWhole(join(folder, sha256), [head, body]);
      for (const above of [folder, dirname(folder), this.#folder]) await flushFolder(above);
    } catch (error) {
      throw new JobError('unavailable', `The payload folder ${this.#folder} cannot be written: ${messageOf(error)}`, { cause: error });
    }
    return { id: `${await this.#owner()}/${jobHash(job)}/${sha256}`, bytes: body.length, sha256 };
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

async function writeWhole(path: string, parts: readonly Uint8Array[]): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const draft = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(draft, parts, { mode: 0o600, flush: true });
      await rename(draft, path);
      return;
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      if (!isAbsent(error) || tries === WRITES_TRIED) throw error;
    }
  }
}

/** The job that the first line of a file names; undefined when there is no such line. */
async function jobIn(file: string): Promise<string | undefined> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1);
    const head = JSON.parse(line) as unknown;
    const job = fieldOf(head, 'job');
    return typeof job === 'string' ? job : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await handle.close();
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
