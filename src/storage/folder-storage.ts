/**
 * Owns the storage that is a folder: the key is the path of the file.
 *
 * 1. A file is there whole or not at all: written as a draft beside its place, flushed, renamed, and the folders flushed.
 * 2. Folders are made and removed with what is in them.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { JobError, messageOf } from '../contract/errors.ts';
import { show } from '../contract/options.ts';
import { flushFolder, isAbsent } from './durable.ts';
import type { PutFile, Storage, StoredFile } from './storage.ts';

/** Longer than what `put` takes: a draft's name is longer than its file's. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,249}$/;
const MAX_NAMES = 10;
/** Ends the name of a draft; what stands before it and a UUID is the name of the file that it is to be. */
const DRAFT_END = '.draft';
const READ_BYTES = 256 * 1024;
/** The folder of a file may be removed while the file is begun. */
const OPENS_TRIED = 3;

export class FolderStorage implements Storage {
  readonly #folder: string;

  /** @param folder absolute path; made with the first file */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(key: string, content: AsyncIterable<Uint8Array>, sha256?: string): Promise<PutFile> {
    const path = this.#pathOf(key);
    const draft = `${path}.${randomUUID()}${DRAFT_END}`;
    try {
      const made = await this.#io('written', () => mkdir(dirname(path), { recursive: true, mode: 0o700 }));
      const written = await this.#write(draft, content);
      if (sha256 !== undefined && written.sha256 !== sha256)
        throw new JobError('conflict', `The content of ${show(key)} is not the one that was to be stored.`, { details: { key } });
      await this.#io('written', async () => {
        await rename(draft, path);
        for (const folder of foldersToFlush(path, made)) await flushFolder(folder);
      });
      return written;
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      await this.#removeEmpty(dirname(path));
      throw error;
    }
  }

  async *get(key: string): AsyncGenerator<Uint8Array, void, undefined> {
    const stream = createReadStream(this.#pathOf(key), { highWaterMark: READ_BYTES });
    try {
      for await (const piece of stream) yield piece as Uint8Array;
    } catch (error) {
      if (isAbsent(error)) throw new JobError('not-found', `The storage has no file ${show(key)}.`, { details: { key } });
      throw this.#unavailable('read', error);
    } finally {
      stream.destroy();
    }
  }

  async stat(key: string): Promise<StoredFile | undefined> {
    const path = this.#pathOf(key);
    if (key.endsWith(DRAFT_END)) return undefined;
    return await this.#stat(path, key);
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    await this.#io('changed', () => rm(path, { force: true }));
    await this.#removeEmpty(dirname(path));
  }

  async *list(prefix: string): AsyncGenerator<StoredFile, void, undefined> {
    const top = prefix === '' ? this.#folder : this.#pathOf(prefix);
    for (const entry of await this.#io('read', () => entriesOf(top))) {
      const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory() && NAME.test(entry.name)) yield* this.list(key);
      const found = entry.isFile() ? await this.#stat(join(top, entry.name), key) : undefined;
      if (found !== undefined) yield found;
    }
  }

  #pathOf(key: string): string {
    const names = key.split('/');
    if (names.length <= MAX_NAMES && names.every((name) => NAME.test(name))) return join(this.#folder, ...names);
    throw new JobError(
      'invalid-options',
      `Expected the key of a stored file to be 1–${MAX_NAMES} names of A–Z a–z 0–9 . _ - (first no dot) joined by "/", got: ${show(key)}.`,
    );
  }

  async #stat(path: string, key: string): Promise<StoredFile | undefined> {
    try {
      const stats = await stat(path);
      return stats.isFile() ? { key, bytes: stats.size, writtenMs: stats.mtimeMs, isDraft: key.endsWith(DRAFT_END) } : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw this.#unavailable('read', error);
    }
  }

  async #write(draft: string, content: AsyncIterable<Uint8Array>): Promise<PutFile> {
    const handle = await this.#io('written', () => openNew(draft));
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const piece of content) {
        // The disk works while the processor does.
        const writing = this.#io('written', () => handle.writeFile(piece));
        hash.update(piece);
        bytes += piece.length;
        await writing;
      }
      await this.#io('written', () => handle.sync());
    } finally {
      await handle.close();
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  /** Up to the storage's own folder, which stays. */
  async #removeEmpty(folder: string): Promise<void> {
    for (let empty = folder; empty.length > this.#folder.length; empty = dirname(empty)) {
      const isRemoved = await rmdir(empty).then(
        () => true,
        () => false,
      );
      if (!isRemoved) return;
    }
  }

  async #io<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#unavailable(what, error);
    }
  }

  #unavailable(what: string, error: unknown): JobError {
    return new JobError('unavailable', `The storage folder ${this.#folder} cannot be ${what}: ${messageOf(error)}`, { cause: error });
  }
}

/** The file's own, and those above that got a new name: of a folder that was made, and of those in it. */
function foldersToFlush(path: string, made: string | undefined): string[] {
  const folders = [dirname(path)];
  if (made === undefined) return folders;
  for (let folder = dirname(path); folder.length >= made.length; folder = dirname(folder)) folders.push(dirname(folder));
  return folders;
}

async function openNew(path: string): ReturnType<typeof open> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open(path, 'wx', 0o600);
    } catch (error) {
      if (!isAbsent(error) || tries === OPENS_TRIED) throw error;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    }
  }
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
