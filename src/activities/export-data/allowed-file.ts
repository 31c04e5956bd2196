/**
 * Owns which files of the worker's machine may be exported: regular files that lie, links resolved, inside an allowed folder;
 * and that a file is not read while it changes.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { JobError, messageOf } from '../../contract/errors.ts';
import { show } from '../../contract/options.ts';
import { contains, realpathOf } from '../allowed-place.ts';

const READ_BYTES = 1024 * 1024;

/** A file that is open for reading. */
export interface AllowedFile {
  readonly bytes: number;
  /**
   * Its content from the start, piece by piece; a piece is valid until the next is asked for.
   * @throws JobError `source-unavailable` when the file changed since it was opened
   */
  pieces(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** @throws JobError `source-refused` outside of the folders, `source-unreadable` when it cannot be read */
export async function openAllowed(path: string, folders: readonly string[]): Promise<AllowedFile> {
  const places = await Promise.all(folders.map(realpathOf));
  const place = await realpathOf(path);
  if (!places.some((folder) => place !== folder && contains(folder, place))) {
    throw new JobError('source-refused', `Expected ${show(path)} to lie inside a folder whose files this worker may export.`, {
      details: { path },
    });
  }
  const handle = await openFile(path, place);
  const stats = await handle.stat();
  if (!stats.isFile()) {
    await handle.close();
    throw new JobError('source-unreadable', `Expected ${show(path)} to be a file.`, { details: { path } });
  }
  return { bytes: stats.size, pieces: () => piecesOf(handle, { path, stats }), close: () => handle.close() };
}

async function openFile(path: string, place: string): Promise<FileHandle> {
  try {
    // A pipe is not waited for, and a link that was put in the file's place meanwhile is not followed.
    return await open(place, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    throw new JobError('source-unreadable', `The file ${show(path)} cannot be read: ${messageOf(error)}`, {
      details: { path },
      cause: error,
    });
  }
}

async function* piecesOf(handle: FileHandle, { path, stats }: { path: string; stats: Stats }): AsyncGenerator<Buffer, void, undefined> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  const now = await handle.stat();
  if (now.size !== stats.size || now.mtimeMs !== stats.mtimeMs) {
    throw new JobError('source-unavailable', `The file ${show(path)} was changed while it was exported.`, { details: { path } });
  }
}
