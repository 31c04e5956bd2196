/** `export-data` as a job: of an analysis by its id, into a storage of one's own, failed and cancelled with nothing left. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { analyseRepositories, exportData } from '../../src/jobs/index.ts';
import { shippedJobs } from '../../src/shipped-jobs.ts';
import { FolderStorage } from '../../src/storage/folder-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { makeRepository, manyCommits } from '../activities/analyse-repositories/made-repositories.ts';
import { connectClient, eventually, type Gate, gate, ownQueue, runWorker, temporalClient } from '../support/jobs.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-export-job-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder whose writing waits at a gate once it has begun. */
class GatedStorage extends FolderStorage implements Storage {
  readonly #gate: Gate;
  isReached = false;

  constructor(folder: string, gate: Gate) {
    super(folder);
    this.#gate = gate;
  }

  override async put(key: string, content: AsyncIterable<Uint8Array>, sha256?: string): ReturnType<Storage['put']> {
    this.isReached = true;
    await this.#gate.opened;
    return await super.put(key, content, sha256);
  }
}

async function exporting(storage: string | Storage) {
  const queue = ownQueue();
  const exports = { storage, folders: [root] };
  await runWorker({ jobs: shippedJobs({ workDir: join(root, 'work'), allowedRoots: [root], exports }), queues: { [queue]: {} } });
  return { client: await connectClient(), queue };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

test('exports the authors of an analysis, by the id of its job', async () => {
  const folder = join(root, 'analysis');
  const { client, queue } = await exporting(folder);
  const source = makeRepository(join(root, 'repository'), manyCommits(30));
  const analysis = await client.add(analyseRepositories, { repositories: [source] }, { queue });
  const { repositories } = await analysis.result();
  const job = await client.add(
    exportData,
    { source: { type: 'analysis', jobId: analysis.id, table: 'authors' }, format: 'ndjson' },
    { queue },
  );
  const { key, rows } = await job.result();
  const lines = readFileSync(join(folder, key), 'utf8').trimEnd().split('\n');
  const authors = repositories[0]?.report?.authors.top ?? [];
  expect(authors.length).toBeGreaterThan(0);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    authors.map((author) => ({ source, repository: 'repository', ...author })),
  );
  expect(rows).toBe(authors.length);
  const { progress } = await job.get();
  expect(progress?.percent).toBe(100);
  const wrong = await client.add(exportData, { source: { type: 'analysis', jobId: job.id }, format: 'csv' }, { queue });
  await expect(wrong.result()).rejects.toMatchObject({ code: 'source-unreadable' });
});

test('a job that was cancelled in the middle, and one that failed, leave nothing, and the worker goes on', async () => {
  const path = join(root, 'rows.csv');
  writeFileSync(path, 'a,b\n1,2\n');
  const folder = join(root, 'cancelled');
  const held = gate();
  const storage = new GatedStorage(folder, held);
  const { client, queue } = await exporting(storage);
  const input = { source: { type: 'file', path, format: 'csv' }, format: 'csv' } as const;
  const cancelled = await client.add(exportData, input, { queue });
  await eventually('the export writes', () => storage.isReached);
  await cancelled.cancel('not needed');
  const { workflow } = await temporalClient();
  await eventually('the handler is told', async () => {
    const { events } = await workflow.getHandle(cancelled.id).fetchHistory();
    return (events ?? []).some((event) => event.activityTaskCancelRequestedEventAttributes != null);
  });
  held.open();
  await expect(cancelled.result()).rejects.toMatchObject({ code: 'cancelled' });
  const failed = await client.add(exportData, { ...input, source: { ...input.source, path: '/etc/passwd' } }, { queue });
  await expect(failed.result()).rejects.toMatchObject({ code: 'source-refused' });
  expect(filesIn(root).filter((name) => name.endsWith('.draft'))).toEqual([]);
  const next = await client.add(exportData, input, { queue });
  const { key } = await next.result();
  expect(filesIn(folder).toSorted()).toEqual(['export.csv', 'export.csv.meta.json']);
  expect(readFileSync(join(folder, key), 'utf8')).toBe('a,b\n1,2\n');
});
