/** Owns what every writer of whole files needs of the file system: names that survive a power cut, and whether something is there. */
import { open } from 'node:fs/promises';
import { fieldOf } from '../contract/errors.ts';

/** Makes the names in a folder survive a power cut. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** True for the error of a path that is not there, or whose folder is none. */
export function isAbsent(error: unknown): boolean {
  const code = fieldOf(error, 'code');
  return code === 'ENOENT' || code === 'ENOTDIR';
}
