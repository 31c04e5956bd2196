/**
 * Owns the list of files at one commit, from `git ls-tree`. The number of entries is checked before any is kept, so that
 * a tree that names itself ten times on ten levels ends the analysis and not the worker. Does not read contents.
 */
import { JobError } from '../../contract/errors.ts';
import { type GitPlace, runGit } from './git-process.ts';
import { textOf } from './readable-text.ts';
import { readRecords } from './records.ts';

/** The content of one or more files. Filled in by `read-contents.ts`. */
export interface Blob {
  readonly id: string;
  /** Undefined when the object is missing in the repository. */
  readonly bytes: number | undefined;
  /** How far it was looked into. */
  state: 'unread' | 'binary' | 'text';
  lines: number;
  isGenerated: boolean;
  /** Program of the first line, `node` for `#!/usr/bin/env node`. */
  interpreter: string | undefined;
}

export interface TreeFile {
  readonly path: string;
  readonly isSymlink: boolean;
  readonly blob: Blob;
}

export interface Tree {
  readonly files: ReadonlyMap<string, TreeFile>;
  /** The contents of all files but symbolic links. What is copied a thousand times is one blob, read once. */
  readonly blobs: ReadonlyMap<string, Blob>;
  readonly submodules: number;
}

const SYMLINK_MODE = '120000';
const SPACE = 32;
const TAB = 9;
/** Room for long paths: an average over this means that the names themselves are the bomb. */
const MAX_AVERAGE_ENTRY_BYTES = 400;
const MIN_BYTES_ALLOWED = 1024 * 1024;

/**
 * The files at `commit`.
 * @throws JobError `limit-exceeded` when there are more than `maxEntries`
 */
export async function readTree(place: GitPlace, commit: string, maxEntries: number): Promise<Tree> {
  await checkEntries(place, commit, maxEntries);
  const files = new Map<string, TreeFile>();
  const blobs = new Map<string, Blob>();
  let submodules = 0;
  const onEntry = (record: Buffer): void => {
    const { mode, type, id, size, path } = parseEntry(record);
    if (type !== 'blob') {
      submodules += 1;
      return;
    }
    const isSymlink = mode === SYMLINK_MODE;
    const blob = blobs.get(id) ?? newBlob(id, size);
    if (!isSymlink) blobs.set(id, blob);
    files.set(path, { path, isSymlink, blob });
  };
  await runGit(place, { args: ['ls-tree', '-r', '-l', '-z', '--full-tree', commit] }, async (output) => await readRecords(output, onEntry));
  return { files, blobs, submodules };
}

async function checkEntries(place: GitPlace, commit: string, maxEntries: number): Promise<void> {
  const maxBytes = Math.max(maxEntries * MAX_AVERAGE_ENTRY_BYTES, MIN_BYTES_ALLOWED);
  let entries = 0;
  let bytes = 0;
  const onEntry = (record: Buffer): void => {
    entries += 1;
    bytes += record.length;
    if (entries > maxEntries || bytes > maxBytes) throw tooManyEntries(maxEntries);
  };
  const args = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit];
  await runGit(place, { args }, async (output) => await readRecords(output, onEntry));
}

/** `<mode> <type> <id> <size, padded>\t<path>`; the size of a submodule is `-`, that of a missing object `BAD`. */
function parseEntry(record: Buffer): { mode: string; type: string; id: string; size: number | undefined; path: string } {
  const tab = record.indexOf(TAB);
  const typeAt = record.indexOf(SPACE) + 1;
  const idAt = record.indexOf(SPACE, typeAt) + 1;
  const sizeAt = record.indexOf(SPACE, idAt) + 1;
  const size = Number(record.toString('latin1', sizeAt, tab));
  return {
    mode: record.toString('latin1', 0, typeAt - 1),
    type: record.toString('latin1', typeAt, idAt - 1),
    id: record.toString('latin1', idAt, sizeAt - 1),
    size: Number.isNaN(size) ? undefined : size,
    path: textOf(record.subarray(tab + 1)),
  };
}

function newBlob(id: string, bytes: number | undefined): Blob {
  return { id, bytes, state: 'unread', lines: 0, isGenerated: false, interpreter: undefined };
}

function tooManyEntries(maxEntries: number): JobError {
  return new JobError(
    'limit-exceeded',
    `The commit has more than ${maxEntries} files, or names too long for so many. Raise options.maxEntries.`,
    {
      details: { limit: 'maxEntries', maxEntries },
    },
  );
}
