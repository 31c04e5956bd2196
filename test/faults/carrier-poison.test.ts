/** In a crowd that shares workflows one job kills its worker each time: it alone is poison, and the others are held up for a while. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addressOf } from '../../src/contract/carrier.ts';
import { linesOf, ownClient, ownFolder, ownServer, superviseWorker } from './support/processes.ts';
import { shared } from './support/steps.mjs';

const JOBS = 500;
const MIDDLE = 250;
const CONCURRENCY = 20;
const WORK_MS = 20;
/** How much later the others may be done than without it. */
const LATER_MS = 40_000;

test('of 500 jobs one kills its worker each time: it is poison, and the others complete at most 40 s later', async () => {
  const server = await ownServer();
  const client = await ownClient(server);
  const log = join(await ownFolder(), 'starts.log');
  const supervisor = new AbortController();
  const supervised = superviseWorker({ address: server.address, log, concurrency: CONCURRENCY }, supervisor.signal);
  const run = async (poisonAt: number | undefined) => {
    const startedAt = performance.now();
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, async (_none, n) => await client.add(shared, { n, ms: WORK_MS, kills: n === poisonAt })),
    );
    const others = jobs.filter((_job, n) => n !== poisonAt);
    await Promise.all(others.map(async (job) => await job.result()));
    return { jobs, tookMs: performance.now() - startedAt };
  };
  await run(undefined);
  const undisturbed = await run(undefined);
  const disturbed = await run(MIDDLE);
  const [poison] = disturbed.jobs.slice(MIDDLE);
  await expect(poison?.result()).rejects.toMatchObject({ code: 'poison' });
  supervisor.abort();
  await supervised;
  console.log(`undisturbed ${undisturbed.tookMs.toFixed(0)} ms, with a poison job ${disturbed.tookMs.toFixed(0)} ms`);
  expect(disturbed.tookMs - undisturbed.tookMs).toBeLessThan(LATER_MS);
  const statuses = await Promise.all(disturbed.jobs.map(async (job) => (await job.get()).status));
  expect(statuses.flatMap((status, n) => (status === 'completed' ? [] : [n]))).toEqual([MIDDLE]);
  const carriers = new Set(disturbed.jobs.map(({ id }) => addressOf(id).workflowId));
  expect(carriers.size).toBeLessThanOrEqual(5);
  const starts = (await linesOf(log)).map((line) => (JSON.parse(line) as { readonly job: string }).job);
  const mostStarts = Math.max(...disturbed.jobs.filter((job) => job !== poison).map(({ id }) => starts.filter((job) => job === id).length));
  expect(mostStarts).toBeLessThanOrEqual(4);
}, 240_000);
