/**
 * Owns the data folder: that it is there, can be written and is one that this version understands, and its `data.json`.
 * The rest of it: `temporal.db` (the server's), `server.log`, `server.json` (`server-file.ts`), `payloads/` (`src/payloads/`), claims (`owner-claim.ts`).
 */
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { JobError, messageOf } from '../contract/errors.ts';
import { replaceFile } from './server-file.ts';

const FORMAT = 1;
const DATABASE = 'temporal.db';
const SQLITE_MAGIC = 'SQLite format 3\0';

const dataFileSchema = z.object({
  format: z.literal(FORMAT),
  createdAt: z.string(),
  /** `new` until a server on this folder was healthy for the first time: no job can be in it. */
  state: z.enum(['new', 'ready']),
  /** The server that used the folder last. An older one may not understand its database. */
  serverVersion: z.string().optional(),
  /** The ports used last: clients may hold the address. */
  port: z.int().optional(),
  uiPort: z.int().optional(),
});

/** The content of `data.json`. */
export type DataFile = z.infer<typeof dataFileSchema>;

/** Makes the folder if it is not there. @throws JobError `data-folder-unusable` when it cannot be made or written */
export async function prepareFolder(dataDir: string): Promise<void> {
  try {
    const isNew = await makeFolder(dataDir, 0o700);
    await access(dataDir, constants.W_OK);
    // It holds the inputs and results of jobs and does not belong into anybody's repository.
    if (isNew) await writeFile(join(dataDir, '.gitignore'), '*\n');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const isThere = code === 'EROFS' || code === 'EACCES' ? await exists(dataDir) : false;
    throw unusable(
      dataDir,
      `${isThere ? 'it cannot be written' : 'it cannot be created'} (${messageOf(error)})`,
      'Correct the permissions, or choose another folder with the option dataDir.',
    );
  }
}

/**
 * The folder's `data.json`, written when there is none, after a look whether the database is whole enough to start on.
 * @throws JobError `data-folder-unusable`
 */
export async function openData(dataDir: string): Promise<DataFile> {
  const hasDatabase = await exists(join(dataDir, DATABASE));
  const found = await readDataFile(dataDir);
  const data: DataFile = found ?? { format: FORMAT, createdAt: new Date().toISOString(), state: hasDatabase ? 'ready' : 'new' };
  if (data.state === 'ready' && !hasDatabase) {
    throw unusable(
      dataDir,
      `its database ${DATABASE} is missing`,
      `Put ${DATABASE}, ${DATABASE}-wal and ${DATABASE}-shm back from a backup, or remove the folder to begin with an empty one.`,
    );
  }
  // In a new folder a damaged database is a first start that was cut off: `launch.ts` mends that.
  if (data.state === 'ready' && !(await hasSqliteHeader(join(dataDir, DATABASE)))) {
    throw databaseDamaged(dataDir, `${DATABASE} is not an SQLite database`);
  }
  if (found === undefined) await writeDataFile(dataDir, data);
  return data;
}

export async function writeDataFile(dataDir: string, data: DataFile): Promise<void> {
  await replaceFile(join(dataDir, 'data.json'), `${JSON.stringify(data, undefined, 2)}\n`);
}

/**
 * Moves the database of a first start that was cut off out of the way (the server cannot go on with it).
 * Only for a folder whose state is `new`.
 */
export async function setUnfinishedAside(dataDir: string): Promise<void> {
  const suffix = `unfinished-${Date.now()}`;
  for (const ending of ['', '-wal', '-shm']) {
    const path = join(dataDir, `${DATABASE}${ending}`);
    if (await exists(path)) await rename(path, join(dataDir, `${DATABASE}.${suffix}${ending}`));
  }
}

/** @throws JobError `data-folder-unusable` when a newer server than `version` used the folder last */
export function checkNotNewer(dataDir: string, data: DataFile, version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [lastMajor = 0, lastMinor = 0] = (data.serverVersion ?? version).split('.').map(Number);
  if (lastMajor < major || (lastMajor === major && lastMinor <= minor)) return;
  throw unusable(
    dataDir,
    `Temporal server ${String(data.serverVersion)} used it last, and the one found is ${version}, which may not understand its database`,
    'Set TEMPORAL_CLI_PATH to the newer program, or choose another folder with the option dataDir.',
  );
}

/** The error for a database that the server cannot read. */
export function databaseDamaged(dataDir: string, reason: string): JobError {
  return unusable(
    dataDir,
    `its database cannot be read (${reason})`,
    `Put ${DATABASE}, ${DATABASE}-wal and ${DATABASE}-shm back from a backup (all three belong together), or move the folder away to begin with an empty one.`,
  );
}

export function unusable(dataDir: string, reason: string, nextStep: string): JobError {
  return new JobError('data-folder-unusable', `The data folder ${dataDir} cannot be used: ${reason}. ${nextStep}`, {
    details: { dataDir, reason },
  });
}

/**
 * True when the folder was made, with those above it, false when it was there.
 * Not `mkdir` with `recursive`: on Node 20 that never returns for a folder below `/proc`.
 */
async function makeFolder(path: string, mode: number): Promise<boolean> {
  try {
    return await makeLastFolder(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path), 0o777);
    return makeLastFolder(path, mode);
  }
}

/** The folder above exists; another process may be making this one too. */
async function makeLastFolder(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, mode);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory()) return false;
    throw error;
  }
}

async function readDataFile(dataDir: string): Promise<DataFile | undefined> {
  const path = join(dataDir, 'data.json');
  if (!(await exists(path))) return undefined;
  try {
    return dataFileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    throw unusable(
      dataDir,
      `its data.json is not one of format ${FORMAT}, perhaps from a newer Holdfast`,
      'Use the version of Holdfast that made it, or choose another folder with the option dataDir.',
    );
  }
}

async function hasSqliteHeader(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SQLITE_MAGIC.length), 0, SQLITE_MAGIC.length, 0);
    return bytesRead === SQLITE_MAGIC.length && buffer.toString('latin1') === SQLITE_MAGIC;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
