/** Owns the runs of this part: the table, an export of it by a fresh worker process, and psql's `\copy` of the same query. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exportData } from 'holdfast/jobs';
import { JobClient } from 'holdfast/client';
import { Child } from '../child-process.ts';
import { now } from '../contender.ts';
import type { Postgres } from '../postgres.ts';
import { cpuMs, peakResidentMiB } from '../process-usage.ts';

/** What the worker process is told. */
export interface ExportPlace {
  /** Port of the Temporal server on the loopback interface. */
  readonly port: number;
  /** Where files go. */
  readonly folder: string;
  /** Of the database. */
  readonly url: string;
}

/** How a file is made. The first is the one that the others are compared with. */
export const WAYS = ['psql', 'csv', 'csv.gz', 'ndjson', 'parquet'] as const;
export type Way = (typeof WAYS)[number];

export interface ExportRun {
  readonly rowsPerSecond: number;
  /** Of the file. */
  readonly bytes: number;
  /** Of the worker process, from its start. NaN for psql, which has none. */
  readonly peakMiB: number;
  /** The same before the job. */
  readonly idleMiB: number;
  readonly cpuMs: number;
}

/** A number, a text, an amount, a yes or no, and a time. */
const QUERY = 'SELECT id, customer, amount, paid, placed_at FROM orders ORDER BY id';

export function makeTable(postgres: Postgres, rows: number): void {
  postgres.sql(`CREATE TABLE orders AS SELECT id::int8, 'customer ' || (id % 9973) AS customer, ((id % 100000) / 100.0)::numeric(12,2) AS amount,
    id % 7 = 0 AS paid, timestamptz '2026-01-01' + id * interval '1 second' AS placed_at FROM generate_series(1, ${rows}) id`);
  postgres.sql('ALTER TABLE orders ADD PRIMARY KEY (id); ANALYZE orders');
}

export interface ExportPlan {
  readonly place: ExportPlace;
  readonly rows: number;
  readonly postgres: Postgres;
}

/** The figures of one way. */
export async function exportOnce(way: Way, plan: ExportPlan): Promise<ExportRun> {
  return way === 'psql' ? await copyOnce(plan) : await jobOnce(way, plan);
}

async function copyOnce({ postgres, place, rows }: ExportPlan): Promise<ExportRun> {
  const path = join(place.folder, 'psql.csv');
  const startedAt = now();
  await postgres.copyTo(QUERY, path);
  const seconds = (now() - startedAt) / 1000;
  const { size } = statSync(path);
  rmSync(path);
  return { rowsPerSecond: rows / seconds, bytes: size, peakMiB: Number.NaN, idleMiB: Number.NaN, cpuMs: Number.NaN };
}

async function jobOnce(way: Exclude<Way, 'psql'>, { place, rows }: ExportPlan): Promise<ExportRun> {
  const script = new URL('child.js', import.meta.url);
  const worker = await Child.start<{ kind: 'none' }>({ script, args: [JSON.stringify(place)], title: 'worker that exports' });
  const client = await JobClient.connect({ address: `127.0.0.1:${place.port}`, env: {} });
  try {
    const [format, gzip] = way === 'csv.gz' ? (['csv', true] as const) : ([way, false] as const);
    const idleMiB = peakResidentMiB(worker.pid);
    const cpuBefore = cpuMs(worker.pid);
    const startedAt = now();
    const source = { type: 'postgres', connection: 'bench', sql: QUERY } as const;
    const job = await client.add(exportData, { source, format, gzip });
    const result = await job.result();
    const seconds = (now() - startedAt) / 1000;
    if (result.rows !== rows) throw new Error(`Expected ${rows} rows, got ${result.rows}.`);
    const run = {
      rowsPerSecond: rows / seconds,
      bytes: result.bytes,
      peakMiB: peakResidentMiB(worker.pid),
      idleMiB,
      cpuMs: cpuMs(worker.pid) - cpuBefore,
    };
    rmSync(join(place.folder, result.key));
    return run;
  } finally {
    await client.close();
    await worker.stop();
  }
}
