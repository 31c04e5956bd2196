/**
 * Owns the question whether `dist` was built from what is in `src` now. The answer compares contents, never times: a clone, a checkout
 * and a copied folder all get the right one.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = resolve(fileURLToPath(import.meta.url), '../..');
/** Where the build goes. */
export const dist = join(root, 'dist');
const stampFile = join(dist, 'build.json');
const BESIDE_SRC = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs', 'scripts/freshness.mjs'];

/** Every file below `folder`, absolute, sorted; an empty list if there is no such folder. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
}

/** A hash of names and contents: the same in every folder and on every machine. */
export function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const name = relative(root, file).split(sep).join('/');
    hash.update(`${name}\0${createHash('sha256').update(readFileSync(file)).digest('hex')}\n`);
  }
  return hash.digest('hex');
}

/** The hash of all that a build is made from. */
export function sourceHash() {
  const beside = BESIDE_SRC.map((file) => join(root, file)).filter((file) => existsSync(file));
  return hashOf([...filesBelow(join(root, 'src')), ...filesBelow(join(root, 'dashboard')), ...beside]);
}

/** The hash that `dist` was built from, or undefined if there is no finished build. */
export function builtHash() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8')).hash;
  } catch {
    return undefined;
  }
}

/** Where the hash of a finished build is written, last of all. */
export { stampFile };

/** True when a build would change nothing. */
export function isFresh() {
  return builtHash() === sourceHash();
}
