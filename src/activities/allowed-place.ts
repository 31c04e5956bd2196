/** Owns where a path of the worker's machine leads, links resolved, and whether that is inside an allowed folder. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** A path that does not exist is judged as it is written, so that the answer does not tell what exists outside. */
export async function realpathOf(path: string): Promise<string> {
  return await realpath(path).catch(() => resolve(path));
}

/** True for the folder itself and for whatever lies in it. Both as `realpathOf` gives them. */
export function contains(folder: string, place: string): boolean {
  const way = relative(folder, place);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
