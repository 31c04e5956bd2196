/** Data folders that cannot be used: each is one clear error with a next step, quickly, and nothing is left running or claimed. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { JobError } from '../../src/contract/errors.ts';
import { findServerBinary } from '../../src/embedded/binary.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/embedded/server.ts';
import { cleanUp, newFolder, newPorts } from './support/processes.ts';

const opened: EmbeddedServer[] = [];
const notices: string[] = [];

beforeAll(async () => {
  await findServerBinary('temporal', { env: process.env });
}, 120_000);
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
  notices.length = 0;
  await cleanUp();
}, 30_000);

async function open(dataDir: string): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataDir, ...(await newPorts()), env: process.env, onNotice: (line) => notices.push(line) });
  opened.push(server);
  return server;
}

/** The error of a start on the folder, which must come fast and leave no claim. */
async function refusal(dataDir: string): Promise<JobError> {
  const startedAt = Date.now();
  const error = await open(dataDir).then(
    () => undefined,
    (error: JobError) => error,
  );
  expect(error).toMatchObject({ code: 'data-folder-unusable' });
  expect(Date.now() - startedAt).toBeLessThan(5000);
  expect(() => readdirSync(dataDir).filter((name) => name.endsWith('.lock'))).toSatisfy((list: () => string[]) => isEmptyOrMissing(list));
  return error as JobError;
}

function isEmptyOrMissing(list: () => string[]): boolean {
  try {
    return list().length === 0;
  } catch {
    return true;
  }
}

/** A folder that a server has used, whose database file holds everything. */
async function usedFolder(): Promise<string> {
  const dataDir = newFolder();
  const server = await open(dataDir);
  await server.close();
  return dataDir;
}

test('a database that is garbage', async () => {
  const dataDir = newFolder();
  writeFileSync(join(dataDir, 'temporal.db'), 'This is a text, not a database. '.repeat(100));
  expect((await refusal(dataDir)).message).toBe(
    `The data folder ${dataDir} cannot be used: its database cannot be read (temporal.db is not an SQLite database). Put temporal.db, temporal.db-wal and temporal.db-shm back from a backup (all three belong together), or move the folder away to begin with an empty one.`,
  );
});

test('a database without the -wal file that belongs to it, as after a copy of one file', async () => {
  const used = await usedFolder();
  const copy = newFolder();
  for (const name of ['temporal.db', 'data.json']) copyFileSync(join(used, name), join(copy, name));
  expect((await refusal(copy)).message).toContain('its database cannot be read (');
});

test('a half-written database', async () => {
  const dataDir = await usedFolder();
  const database = join(dataDir, 'temporal.db');
  // The first pages of a database of many more.
  const wal = readFileSync(join(dataDir, 'temporal.db-wal'));
  writeFileSync(database, Buffer.concat([readFileSync(database), wal.subarray(0, 200_000)]));
  for (const ending of ['-wal', '-shm']) rmSync(`${database}${ending}`);
  truncateSync(database, 8192);
  expect((await refusal(dataDir)).message).toContain('its database cannot be read (');
});

test('a folder that lost its database', async () => {
  const dataDir = await usedFolder();
  for (const name of readdirSync(dataDir).filter((name) => name.startsWith('temporal.db'))) rmSync(join(dataDir, name));
  expect((await refusal(dataDir)).message).toContain('its database temporal.db is missing. Put temporal.db');
  expect(readdirSync(dataDir)).not.toContain('temporal.db');
});

test('a folder of an unknown format', async () => {
  const dataDir = newFolder();
  writeFileSync(join(dataDir, 'data.json'), '{"format":2}');
  expect((await refusal(dataDir)).message).toContain(
    'its data.json is not one of format 1, perhaps from a newer Holdfast. Use the version',
  );
});

test('a folder that a newer server used last', async () => {
  const dataDir = await usedFolder();
  const data = JSON.parse(readFileSync(join(dataDir, 'data.json'), 'utf8')) as object;
  writeFileSync(join(dataDir, 'data.json'), JSON.stringify({ ...data, serverVersion: '1.99.0' }));
  expect((await refusal(dataDir)).message).toContain('Temporal server 1.99.0 used it last, and the one found is 1.32.');
});

test('a folder that cannot be created, and one that is a file', async () => {
  expect((await refusal('/proc/holdfast')).message).toContain('cannot be created (ENOENT');
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  expect((await refusal(file)).message).toContain('cannot be created (EEXIST');
  expect((await refusal(join(file, 'below'))).message).toContain('cannot be created (ENOTDIR');
});

test('a folder that cannot be written', async () => {
  // Read-only for root as well.
  expect((await refusal('/proc/self')).message).toMatch(/cannot be (written|created)/);
});

test('a first start that was cut off is set aside and done again: no job can have been in it', { timeout: 30_000 }, async () => {
  for (const content of ['', 'cut off', await firstPage()]) {
    const dataDir = newFolder();
    writeFileSync(join(dataDir, 'data.json'), JSON.stringify({ format: 1, createdAt: new Date().toISOString(), state: 'new' }));
    writeFileSync(join(dataDir, 'temporal.db'), content);
    const server = await open(dataDir);
    expect(server.retentionDays).toBe(30);
    expect(readdirSync(dataDir)).toContainEqual(expect.stringMatching(/^temporal\.db\.unfinished-\d+$/));
    expect(notices).toContain(
      'The first start on this data folder was cut off. Its unfinished database is set aside, and a new one is made.',
    );
    notices.length = 0;
    await server.close();
  }
});

test('a new folder is made with those above it, for this user only, and is not for repositories', async () => {
  const dataDir = join(newFolder(), 'a', '.holdfast');
  await open(dataDir);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(dataDir, '.gitignore'), 'utf8')).toBe('*\n');
});

test('names with characters that mean something in a database address', async () => {
  const dataDir = join(newFolder(), 'a b%20?c#d');
  mkdirSync(dataDir);
  await open(dataDir);
  expect(readdirSync(dataDir)).toContain('temporal.db');
});

/** A database with its header and nothing else, as it is when the first start is killed early. */
async function firstPage(): Promise<Buffer> {
  return readFileSync(join(await usedFolder(), 'temporal.db')).subarray(0, 4096);
}
