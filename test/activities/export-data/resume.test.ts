/** An export that is ended at any of its parts goes on there, and its file has the bytes of one that was not. */
import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test, vi } from 'vitest';
import type { InputOf } from '../../../src/contract/define-job.ts';
import { JobError } from '../../../src/contract/errors.ts';
import type { ExportCheckpoint, exportData } from '../../../src/jobs/export-data.ts';
import { ExportBench, type Exported } from './exports.ts';

type Input = InputOf<typeof exportData>;

// A busy machine flushes slowly.
vi.setConfig({ testTimeout: 30_000 });

const bench = new ExportBench();
afterAll(() => bench.remove());

const PART_BYTES = 80_000;
const ROWS = 21_000;
const line = (id: number): string =>
  `{"id":${id},"name":"name ${id % 97}","amount":${id / 4},"done":${id % 3 === 0},"note":${id % 5 === 0 ? 'null' : `"=${id}"`}}`;
const rows = bench.file('rows.ndjson', `${Array.from({ length: ROWS }, (_, id) => line(id)).join('\n')}\n`);
const source = { type: 'file', path: rows, format: 'ndjson' } as const;

const KINDS: readonly Input[] = [
  { source, format: 'csv' },
  { source, format: 'csv', gzip: true },
  { source, format: 'ndjson' },
  { source, format: 'json' },
  { source, format: 'parquet' },
];

/** Runs the export and ends it at a part; the next attempt goes on; and so on. */
async function inPieces(input: Input, every: number, jobId: string): Promise<{ file: Exported; attempts: number }> {
  let checkpoint: ExportCheckpoint | undefined;
  for (let attempts = 1; ; attempts += 1) {
    const ending = new AbortController();
    let parts = 0;
    const onCheckpoint = (next: ExportCheckpoint): void => {
      checkpoint = next;
      parts += 1;
      if (parts === every) ending.abort(new JobError('worker-shutdown'));
    };
    try {
      return {
        file: await bench.export(input, { checkpoint, onCheckpoint, jobId, partBytes: PART_BYTES, signal: ending.signal }),
        attempts,
      };
    } catch (error) {
      if (!ending.signal.aborted) throw error;
    }
  }
}

test.each(KINDS)('$format, gzip $gzip: ended at its parts and gone on with, the file is the same', async (input) => {
  const undisturbed = await bench.export(input, { partBytes: PART_BYTES });
  const { file, attempts } = await inPieces(input, input.format === 'parquet' ? 1 : 3, `pieces-${input.format}-${input.gzip === true}`);
  expect(attempts).toBeGreaterThanOrEqual(input.format === 'parquet' ? 2 : 3);
  expect(file.result.restarts).toBe(0);
  expect(file.result.rows).toBe(ROWS);
  expect(file.result.sha256).toBe(undisturbed.result.sha256);
  expect(file.content.equals(undisturbed.content)).toBe(true);
  expect(file.sidecar.columns).toEqual(undisturbed.sidecar.columns);
});

test('a gzip file of many parts is one that gunzip reads', async () => {
  const [plain, zipped] = [
    await bench.export({ source, format: 'csv' }),
    await bench.export({ source, format: 'csv', gzip: true }, { partBytes: PART_BYTES }),
  ];
  expect(gunzipSync(zipped.content).equals(plain.content)).toBe(true);
  expect(zipped.result.key).toMatch(/\/export\.csv\.gz$/);
});

test('when only the file and its description were made, and the worker was killed before it could say so, the next attempt finds them', async () => {
  let whole: ExportCheckpoint | undefined;
  const onCheckpoint = (checkpoint: ExportCheckpoint): void => void (whole = checkpoint);
  const first = await bench.export({ source, format: 'csv' }, { jobId: 'found', onCheckpoint });
  expect(whole?.isWhole).toBe(true);
  const second = await bench.export({ source, format: 'csv' }, { jobId: 'found', checkpoint: whole });
  expect(second.sidecar).toEqual(first.sidecar);
});

test('killed between the last part and the file, the file is made of the parts, and the source is not read again', async () => {
  const own = bench.file('short.csv', 'a,b\n1,2\n');
  const input: Input = { source: { type: 'file', path: own, format: 'csv' }, format: 'csv' };
  let whole: ExportCheckpoint | undefined;
  const ending = new AbortController();
  const onCheckpoint = (checkpoint: ExportCheckpoint): void => {
    whole = checkpoint;
    ending.abort(new JobError('worker-shutdown'));
  };
  await expect(bench.export(input, { jobId: 'parts', onCheckpoint, signal: ending.signal })).rejects.toThrow('shut down');
  rmSync(own);
  const { text, result } = await bench.export(input, { jobId: 'parts', checkpoint: whole });
  expect([text, result.restarts]).toEqual(['a,b\n1,2\n', 0]);
});

/** A checkpoint in the middle, of a job whose attempt has ended. */
async function halfWay(input: Input, jobId: string): Promise<ExportCheckpoint> {
  const ending = new AbortController();
  let kept: ExportCheckpoint | undefined;
  const onCheckpoint = (checkpoint: ExportCheckpoint): void => {
    if (ending.signal.aborted) return;
    kept = checkpoint;
    ending.abort(new JobError('worker-shutdown'));
  };
  await expect(bench.export(input, { jobId, onCheckpoint, signal: ending.signal, partBytes: PART_BYTES })).rejects.toThrow('shut down');
  if (kept === undefined) throw new Error('Expected a checkpoint.');
  return kept;
}

test.each([
  ['a row that was exported has changed', (text: string) => text.replace('name 5"', 'name X"'), 1],
  ['rows that were exported are gone', (text: string) => text.split('\n').slice(-10).join('\n'), 1],
  ['a row behind those that were exported has changed', (text: string) => text.replace(`"id":${ROWS - 1},`, '"id":0,'), 0],
])('%s while no worker was up: the file is all of the new state, and says how often it was begun anew', async (title, change, restarts) => {
  const own = bench.file('changing.ndjson', readFileSync(rows));
  const input: Input = { source: { type: 'file', path: own, format: 'ndjson' }, format: 'csv' };
  const checkpoint = await halfWay(input, title);
  writeFileSync(own, change(readFileSync(own, 'utf8')));
  utimesSync(own, 1, 1);
  const file = await bench.export(input, { jobId: title, checkpoint, partBytes: PART_BYTES });
  const undisturbed = await bench.export(input);
  expect(file.content.equals(undisturbed.content)).toBe(true);
  expect(file.result.restarts).toBe(restarts);
});

test('parts that were changed or removed are not made into a file: the export begins anew', async () => {
  const input: Input = { source, format: 'csv' };
  const undisturbed = await bench.export(input);
  for (const harm of [(path: string) => writeFileSync(path, 'torn'), (path: string) => rmSync(path)]) {
    const jobId = `harmed-${harm.toString()}`;
    const checkpoint = await halfWay(input, jobId);
    const [part] = bench.stored().filter((path) => path.includes(`/parts/${checkpoint.writers[0]?.writer}/`));
    harm(part ?? '');
    const file = await bench.export(input, { jobId, checkpoint, partBytes: PART_BYTES });
    expect(file.result.restarts).toBe(1);
    expect(file.content.equals(undisturbed.content)).toBe(true);
  }
});

test('a checkpoint of another input is not gone on with', async () => {
  const checkpoint = await halfWay({ source, format: 'csv' }, 'other');
  const file = await bench.export({ source, format: 'ndjson' }, { jobId: 'other', checkpoint });
  expect(file.result.restarts).toBe(0);
  expect(file.text.startsWith('{"id":0,')).toBe(true);
});

test('nothing but files and their descriptions is left, and the clean-up of a job that was cancelled leaves nothing', async () => {
  const input: Input = { source, format: 'csv' };
  await halfWay(input, 'cancelled');
  await bench.cleanUp(input, 'cancelled');
  expect(bench.stored().filter((path) => path.includes('/parts/') || path.endsWith('.draft'))).toEqual([]);
});
