/** What a deploy costs jobs: SIGTERM to one worker after the other, with a new one beside it. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';
import { linesOf, ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';
import { steps } from './support/steps.mjs';

test('a rolling restart under load uses up no attempt and fails no job', { timeout: 600_000 }, async () => {
  const server = await ownServer();
  const log = join(await ownFolder(), 'starts.log');
  const client = await ownClient(server);
  const start = () => startWorkerProcess({ address: server.address, log, concurrency: 50 });
  let worker = await start();
  const jobs = await Promise.all(Array.from({ length: scaled(40, 200) }, () => client.add(steps, { count: 60, stepMs: 100 })));
  await eventually('handlers run', async () => (await linesOf(log)).length > 0);
  const restarts = scaled(2, 10);
  for (let restart = 0; restart < restarts; restart += 1) {
    const next = await start();
    expect(await worker.stop()).toBe(0);
    worker = next;
  }
  expect(await Promise.all(jobs.map((job) => job.result()))).toMatchObject(jobs.map(() => ({ count: 60 })));
  const snapshots = await Promise.all(jobs.map((job) => job.get()));
  const outcomes = snapshots.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome));
  expect(snapshots.map(({ attempt }) => attempt)).toEqual(jobs.map(() => 1));
  expect(outcomes).toContain('shutdown');
  // A call that is on its way to a worker just as that ends is made again after the heartbeat timeout, as if the worker had died.
  const others = outcomes.filter((outcome) => outcome !== 'shutdown');
  expect(others.filter((outcome) => outcome !== 'died')).toEqual([]);
  expect(others.length).toBeLessThanOrEqual(restarts);
});
