import { utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LEFT_BEHIND_MS, startSweepingExports, sweepExports } from '../../../src/activities/export-data/sweep-exports.ts';
import { FolderStorage } from '../../../src/storage/folder-storage.ts';
import { eventually, silentLog } from '../../support/jobs.ts';
import { ExportBench } from './exports.ts';

const bench = new ExportBench();
afterAll(() => bench.remove());

const path = bench.file('rows.csv', 'a\n1\n');
const storage = new FolderStorage(bench.storage);
const signal = new AbortController().signal;
const MINUTE_MS = 60_000;

async function stored(keepFor: string): Promise<{ key: string; expiresMs: number }> {
  const { result } = await bench.export({ source: { type: 'file', path, format: 'csv' }, format: 'csv', keepFor });
  return { key: result.key, expiresMs: Date.parse(result.expiresAt) };
}

async function leaveBehind(key: string, ageMs: number): Promise<void> {
  const place = join(bench.storage, key);
  await mkdir(dirname(place), { recursive: true });
  writeFileSync(place, 'half');
  const writtenAt = (Date.now() - ageMs) / 1000;
  utimesSync(place, writtenAt, writtenAt);
}

test('a file goes with its description when its time is over, and not before', async () => {
  const [short, long] = [await stored('1m'), await stored('9 years')];
  expect(await sweepExports(storage, { now: short.expiresMs, signal })).toBe(0);
  expect(await sweepExports(storage, { now: short.expiresMs + 1, signal })).toBe(2);
  expect([await storage.stat(short.key), (await storage.stat(long.key))?.bytes]).toEqual([undefined, 4]);
});

test('parts and drafts go three days after they were written, other files stay', async () => {
  await leaveBehind('job/parts/w/000001', LEFT_BEHIND_MS + MINUTE_MS);
  await leaveBehind('job/x.csv.1.draft', LEFT_BEHIND_MS + MINUTE_MS);
  await leaveBehind('job/parts/w/000002', LEFT_BEHIND_MS - MINUTE_MS);
  await leaveBehind('other/notes.txt', LEFT_BEHIND_MS * 10);
  await leaveBehind('other/odd.csv.meta.json', LEFT_BEHIND_MS * 10);
  expect(await sweepExports(storage, { now: Date.now(), signal })).toBe(2);
  const keys: string[] = [];
  for await (const { key } of storage.list('')) keys.push(key);
  expect(keys).toEqual(expect.arrayContaining(['job/parts/w/000002', 'other/notes.txt', 'other/odd.csv.meta.json']));
  expect(keys.some((key) => key.includes('000001') || key.endsWith('.draft'))).toBe(false);
});

test('a worker sweeps when it starts, says how many files went, and ends at once when it is told to', async () => {
  await leaveBehind('job/parts/w/000003', LEFT_BEHIND_MS + MINUTE_MS);
  const said: unknown[] = [];
  const end = startSweepingExports(storage, { ...silentLog, info: (message, fields) => void said.push(message, fields) });
  await eventually('the sweep', () => said.length > 0);
  await end();
  expect(said).toEqual(['exports whose time is over were removed', { files: 1 }]);
});

test('a storage that cannot be listed is a warning, and no error', async () => {
  const broken = join(bench.root, 'a-file');
  writeFileSync(broken, '');
  const warned: unknown[] = [];
  const end = startSweepingExports(new FolderStorage(join(broken, 'x')), { ...silentLog, warn: (message) => void warned.push(message) });
  await end();
  expect(warned.length).toBeLessThanOrEqual(1);
});
