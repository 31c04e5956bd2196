/** What `kill -9` of the Temporal server costs: no job. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';
import { linesOf, ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';
import { steps } from './support/steps.mjs';

const JOBS = scaled(200, 2000);

describe('kill -9 of the Temporal server', () => {
  test(
    `${JOBS} jobs added while no worker runs are queued, survive it, and all complete once when a worker comes`,
    async () => {
      const server = await ownServer();
      const client = await ownClient(server);
      const log = join(await ownFolder(), 'starts.log');
      const jobs = await Promise.all(Array.from({ length: JOBS }, () => client.add(steps, { count: 1, stepMs: 1 })));
      await eventually('the index shows all of them as queued', async () => (await client.count({ type: 'steps' })).queued === JOBS);

      const { pid } = server;
      process.kill(pid, 'SIGKILL');
      await eventually('the server is back', () => server.pid !== pid);
      const survived = await eventually('it answers', () => client.count({ type: 'steps' }).catch(() => undefined));
      expect(survived.queued).toBe(JOBS);

      await startWorkerProcess({ address: server.address, log, queue: 'jobs' });
      await Promise.all(jobs.map((job) => job.result()));
      const started = (await linesOf(log)).map((line) => (JSON.parse(line) as { job: string }).job);
      expect(new Set(started).size).toBe(JOBS);
      expect(started).toHaveLength(JOBS);
    },
    scaled(180_000, 900_000),
  );

  test('jobs that were running go on, and their worker reconnects by itself', async () => {
    const server = await ownServer();
    const client = await ownClient(server);
    const log = join(await ownFolder(), 'starts.log');
    await startWorkerProcess({ address: server.address, log });
    const jobs = await Promise.all(Array.from({ length: 5 }, () => client.add(steps, { count: 30, stepMs: 100 })));
    await eventually('all have started', async () => (await linesOf(log)).length === 5);
    process.kill(server.pid, 'SIGKILL');
    const results = await Promise.all(jobs.map((job) => untilAnswered(() => job.result())));
    expect(results.map(({ count }) => count)).toEqual([30, 30, 30, 30, 30]);
    const snapshots = await Promise.all(jobs.map((job) => job.get()));
    for (const snapshot of snapshots) expect(snapshot).toMatchObject({ status: 'completed', attempt: 1 });
  });
});

/** While the server is away a call may fail as `unavailable`; the job is not touched by that. */
async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  return await eventually(
    'an answer',
    async () => {
      try {
        return await call();
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'unavailable') return undefined;
        throw error;
      }
    },
    60_000,
  );
}
