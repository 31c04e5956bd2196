/** Counts under a backlog, and what many askers cost. */
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { JobClient } from '../../src/client.ts';
import { defineJob } from '../../src/contract/index.ts';
import { JobQueue } from '../../src/job-queue.ts';
import { handle } from '../../src/worker.ts';
import { countedTemporal } from '../support/counted-temporal.ts';
import { connectClient, eventually, gate, ownQueue, runWorker, serverAddress, silentLog } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';

const BACKLOG = scaled(700, 2000);
const RUNNING = 20;

test(`${RUNNING} that run are counted and listed below ${BACKLOG} that wait`, { timeout: 300_000 }, async () => {
  const contract = defineJob({ name: 'counted', input: z.unknown(), queue: ownQueue() });
  const { opened, open } = gate();
  const client = await connectClient();
  await runWorker({ jobs: [handle(contract, () => opened)], concurrency: RUNNING });
  const running = await Promise.all(Array.from({ length: RUNNING }, (_, index) => client.add(contract, index)));
  await eventually('all places to be taken', async () => (await client.count({ queue: contract.queue })).processing === RUNNING);
  await Promise.all(Array.from({ length: BACKLOG }, (_, index) => client.add(contract, index)));
  const counts = await eventually('the index to have all', async () => {
    const now = await client.count({ queue: contract.queue });
    return now.processing + now.queued === RUNNING + BACKLOG && now;
  });
  expect(counts).toMatchObject({ processing: RUNNING, queued: BACKLOG, retrying: 0, isExact: false });
  expect(counts.assumedQueued).toBeGreaterThan(0);
  const listed = await client.list({ queue: contract.queue, status: 'processing', limit: 100 });
  expect(listed.jobs.map(({ id }) => id).toSorted()).toEqual(running.map(({ id }) => id).toSorted());
  const queue = new JobQueue({ queue: contract.queue, temporal: { address: serverAddress() }, log: silentLog });
  await queue.initialize();
  onTestFinished(() => queue.close());
  expect(await queue.getStats()).toMatchObject({ waiting: BACKLOG, active: RUNNING, delayed: 0 });
  open();
});

test('ten who ask at once make the calls of one; what the asker did itself is in the next answer', async () => {
  const contract = defineJob({ name: 'counted', input: z.unknown(), queue: ownQueue() });
  const { temporal, calls } = await countedTemporal();
  const client = JobClient.over(temporal);
  for (let index = 0; index < 3; index += 1) await client.add(contract, index);
  const { queue } = contract;
  const counted = async (): Promise<number> => {
    calls.length = 0;
    await Promise.all(Array.from({ length: 10 }, () => client.count({ queue })));
    return calls.length;
  };
  await eventually('the index to have all', async () => (await client.count({ queue })).queued === 3);
  expect(await counted()).toBeLessThanOrEqual(4 + 3);
  await client.add(contract, 3);
  // By status, delayed, carriers, the open ones, and a look at each of these.
  expect(await counted()).toBeLessThanOrEqual(4 + 4);
});
