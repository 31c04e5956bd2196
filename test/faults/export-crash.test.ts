/** Exports from PostgreSQL through the deaths of their worker, at points that are drawn anew in each run. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JobClient } from '../../src/client.ts';
import { exportData } from '../../src/jobs/export-data.ts';
import { connectClient, eventually, ownQueue, serverAddress } from '../support/jobs.ts';
import { postgresFolder, startPostgres } from '../../bench/postgres.ts';
import { seeded } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { ownFolder, startWorkerProcess } from './support/processes.ts';

const KILLS = scaled(1, 3);
const ROWS = scaled(40_000, 300_000);
/** A kilobyte that no compression makes smaller, so that each file has several parts of 4 MB; and that PostgreSQL takes its time for. */
const SQL = `SELECT id, id % 1000 AS amount, (SELECT string_agg(md5(id || ' ' || n), '') FROM generate_series(1, 32) n) AS text FROM generate_series(1, ${ROWS}) id`;
/** Parts between two kills: one up to so many. */
const PARTS_BETWEEN = scaled(3, 15);
const SUMS = 'count(*), sum(id), sum(amount), sum(length(text))';
const FORMATS = ['csv', 'parquet'] as const;

describe('export-data', () => {
  test('kill -9 of the worker at random points of its exports: they complete, and their files have the bytes of undisturbed ones', async (context) => {
    if (postgresFolder() === undefined) context.skip('no PostgreSQL server is installed (on Debian: apt-get install postgresql)');
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
    console.log(`Kills of the exports: TEST_SEED=${seed}`);
    const random = seeded(seed);
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    const folder = await ownFolder();
    const queue = ownQueue();
    const storage = join(folder, 'exports');
    const exports = { storage, connections: { shop: { url: postgres.url } } };
    const settings = { address: serverAddress(), queue, analysis: { workDir: join(folder, 'work'), allowedRoots: [], exports } };
    const client = await connectClient();

    let worker = await startWorkerProcess(settings);
    const undisturbed = await exportAll(client, queue);
    const expected = await Promise.all(undisturbed.map((job) => job.result()));
    const disturbed = await exportAll(client, queue);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const parts = partsIn(storage) + 1 + Math.floor(random() * PARTS_BETWEEN);
      await eventually(`${parts} parts`, () => partsIn(storage) >= parts, 60_000);
      await worker.kill();
      worker = await startWorkerProcess(settings);
    }
    const results = await Promise.all(disturbed.map((job) => job.result()));

    expect(results.map(({ sha256, rows, restarts }) => ({ sha256, rows, restarts }))).toEqual(
      expected.map(({ sha256 }) => ({ sha256, rows: ROWS, restarts: 0 })),
    );
    const files = readdirSync(storage, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name).toSorted()).toEqual(
      FORMATS.flatMap((format) => [
        `export.${format}`,
        `export.${format}`,
        `export.${format}.meta.json`,
        `export.${format}.meta.json`,
      ]).toSorted(),
    );
    const sums = postgres.sql(`SELECT ${SUMS} FROM (${SQL}) t`);
    for (const { key } of results) expect(await sumsIn(join(storage, key))).toBe(sums);
    const attempts = await Promise.all(disturbed.map(async (job) => (await job.get()).attempts));
    expect(attempts.flat().filter(({ outcome }) => outcome === 'died').length).toBeGreaterThanOrEqual(KILLS);
  });
});

async function exportAll(client: JobClient, queue: string) {
  const source = { type: 'postgres', connection: 'shop', sql: SQL } as const;
  return await Promise.all(FORMATS.map(async (format) => await client.add(exportData, { source, format }, { queue })));
}

/** Whole parts that are in the storage now. */
function partsIn(storage: string): number {
  return readdirSync(storage, { recursive: true }).filter((path) => /\/parts\/[^/]+\/\d+$/.test(String(path))).length;
}

async function sumsIn(path: string): Promise<string> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const from = path.endsWith('.csv') ? `read_csv('${path}')` : `read_parquet('${path}')`;
  const [row = []] = (await connection.runAndReadAll(`SELECT ${SUMS} FROM ${from}`)).getRows();
  connection.closeSync();
  return row.map(String).join('|');
}
