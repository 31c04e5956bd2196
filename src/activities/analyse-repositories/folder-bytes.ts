/** Owns how much disk a folder takes. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export const MB = 1024 * 1024;

/** Bytes of the files below `folder`. Of a clone there are few: packs are never unpacked. Files that vanish in between count nothing. */
export async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await lstat(join(folder, name)).catch(() => undefined))?.size ?? 0));
  return sizes.reduce((sum, size) => sum + size, 0);
}
