/**
 * Owns which folders of the worker's machine may be read as repositories: those that lie, links resolved, inside an
 * allowed root, with everything git would follow from there: a `gitdir:` file, a common folder, object folders, alternates.
 */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { JobError } from '../../contract/errors.ts';
import { contains, realpathOf } from '../allowed-place.ts';

/** Alternates of alternates; git itself stops at 5. */
const MAX_ALTERNATE_DEPTH = 5;
const MAX_POINTER_BYTES = 64 * 1024;

/**
 * The git folder of the local repository at `source`, a work tree's top folder or a bare repository.
 * @throws JobError `source-refused` outside of the allowed roots, `source-unreadable` when no repository is there
 */
export async function openLocal(source: string, allowedRoots: readonly string[]): Promise<string> {
  const roots = await Promise.all(allowedRoots.map(async (root) => await realpathOf(root)));
  const inside = async (path: string): Promise<string> => await insideRoots(path, roots, source);
  const top = await inside(source);
  const gitDir = await inside(await gitDirOf(top));
  const commonDir = await inside(await pointedTo(join(gitDir, 'commondir'), gitDir));
  const isRepository = (await exists(join(gitDir, 'HEAD'))) && (await exists(join(commonDir, 'objects')));
  if (!isRepository) throw notARepository(source);
  await checkObjects(join(commonDir, 'objects'), inside);
  return gitDir;
}

async function gitDirOf(top: string): Promise<string> {
  const dotGit = join(top, '.git');
  const found = await stat(dotGit).catch(() => undefined);
  if (found === undefined) return top;
  return found.isFile() ? await pointedTo(dotGit, top) : dotGit;
}

/** The folder that a one-line file names, relative to `base`; `base` when there is no such file. */
async function pointedTo(file: string, base: string): Promise<string> {
  const [line = ''] = await pointers(file);
  return resolve(base, line.replace(/^gitdir: /, ''));
}

async function checkObjects(folder: string, inside: (path: string) => Promise<string>, depth = 0): Promise<void> {
  const objects = await inside(folder);
  if (depth === MAX_ALTERNATE_DEPTH) return;
  for (const alternate of await pointers(join(objects, 'info', 'alternates'))) {
    await checkObjects(resolve(objects, alternate), inside, depth + 1);
  }
}

async function pointers(file: string): Promise<string[]> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size > MAX_POINTER_BYTES) return [];
  const text = await readFile(file, 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

async function insideRoots(path: string, roots: readonly string[], source: string): Promise<string> {
  const place = await realpathOf(path);
  if (roots.some((root) => contains(root, place))) return place;
  const what = path === source ? 'it is' : 'it leads to a place';
  throw new JobError(
    'source-refused',
    `Expected ${source} to lie inside a folder that this worker may read; ${what} outside of them all.`,
    {
      details: { source },
    },
  );
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function notARepository(source: string): JobError {
  return new JobError(
    'source-unreadable',
    `No git repository is at ${source}. Give the top folder of a work tree (it holds .git) or a bare repository.`,
    { details: { source } },
  );
}
