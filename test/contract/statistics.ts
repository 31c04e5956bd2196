/** What a client tells of all jobs together: what workers counted, how queues stand, which workers there are, and its estimates. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { JobStatistics } from '../../src/contract/index.ts';
import { packageVersion } from '../../src/package-version.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { eventually, gate, ownQueue, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf } from './support.ts';

const RUNS = 6;
const FAST_RETRY = { retry: { maxAttempts: 2, initialInterval: 1 } } as const;

function work(input: unknown): unknown {
  if (input === 'bad') throw Object.assign(new Error('row 17 is broken'), { code: 'E_ROW' });
  return input;
}

/** The statistics once they say what is looked for. */
async function statsWhen(client: ContractClient, queue: string, fits: (stats: JobStatistics) => boolean): Promise<JobStatistics> {
  return await eventually('the statistics', async () => {
    const stats = await client.stats({ queue });
    return fits(stats) ? stats : undefined;
  });
}

export function statistics(connect: () => Promise<ContractClient>): void {
  test('tell what became of the jobs of a type, each figure with what it stands on', async () => {
    const contract = contractOf(FAST_RETRY);
    const { queue } = contract;
    const client = await connect();
    await runWorker({ jobs: [handle(contract, work)] });
    const jobs = await Promise.all(['good', 'bad', 'good', 'good'].map((input) => client.add(contract, input)));
    await Promise.allSettled(jobs.map((job) => job.result()));
    const { types } = await statsWhen(client, queue, ({ types }) => (types[0]?.successRate.samples ?? 0) === 4);
    const [report] = types;
    expect(types).toHaveLength(1);
    expect(report).toMatchObject({
      type: 'contract-job',
      queue,
      started: 4,
      completed: 3,
      failed: 1,
      cancelled: 0,
      retries: 1,
      successRate: { value: 0.75, samples: 4, asOf: report?.asOf, isEstimate: false },
      waitMs: { samples: 4, asOf: report?.asOf, isEstimate: true },
      runMs: { samples: 3, asOf: report?.asOf, isEstimate: true },
      failures: [
        {
          code: 'E_ROW',
          pattern: 'row <number> is broken',
          count: 2,
          example: { jobId: jobs[1]?.id, message: 'row 17 is broken' },
        },
      ],
    });
    expect(report?.perMinute).toHaveLength(60);
    expect(report?.perMinute.reduce((sum, count) => sum + count, 0)).toBe(4);
    const perHour = report?.failures[0]?.perHour;
    expect(perHour).toHaveLength(24);
    expect(perHour?.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(report?.waitMs.p50).toBeGreaterThan(0);
    expect(report?.runMs.p50).toBeGreaterThanOrEqual(1);
    expect(Date.now() - Date.parse(report?.asOf ?? '')).toBeLessThan(10_000);
  });

  test('leave out other types and other queues when they are asked to', async () => {
    const [one, other] = [contractOf({ name: 'one' }), contractOf({ name: 'other' })];
    const two = contractOf({ name: 'two', queue: one.queue });
    const client = await connect();
    await runWorker({ jobs: [one, two, other].map((contract) => handle(contract, work)) });
    await Promise.all([one, two, other].map(async (contract) => (await client.add(contract, 1)).result()));
    await statsWhen(client, one.queue, ({ types }) => types.length === 2);
    await statsWhen(client, other.queue, ({ types }) => types.length === 1);
    const typesOf = async (filter: object): Promise<string[]> => (await client.stats(filter)).types.map(({ type }) => type).toSorted();
    expect(await typesOf({ queue: one.queue })).toEqual(['one', 'two']);
    expect(await typesOf({ queue: one.queue, type: 'two' })).toEqual(['two']);
    const all = await client.stats();
    expect(all.types.map(({ queue }) => queue)).toEqual(expect.arrayContaining([one.queue, other.queue]));
    expect(all.queues.map(({ queue }) => queue)).toEqual(expect.arrayContaining([one.queue, other.queue]));
    await expect(client.stats({ que: 'x' } as never)).rejects.toMatchObject({ code: 'invalid-options' });
  });

  test('tell with no worker up how many wait, and for how long the first has', async () => {
    const contract = contractOf(FAST_RETRY);
    const client = await connect();
    await Promise.all([1, 2, 3].map((input) => client.add(contract, input)));
    const { queues, types, workers } = await statsWhen(client, contract.queue, ({ queues }) => queues[0]?.waiting.value === 3);
    expect(types).toEqual([]);
    expect(workers).toEqual([]);
    expect(queues).toMatchObject([{ queue: contract.queue, waiting: { samples: 3, isEstimate: true }, oldestWaitingMs: { samples: 3 } }]);
    await eventually(
      'the wait to grow',
      async () => ((await client.stats({ queue: contract.queue })).queues[0]?.oldestWaitingMs.value ?? 0) > 1000,
    );
  });

  test('tell who serves a queue: version, busy and free places, last seen', async () => {
    const contract = contractOf(FAST_RETRY);
    const { queue } = contract;
    const other = ownQueue();
    const client = await connect();
    const { opened, open } = gate();
    const worker = await runWorker({ jobs: [handle(contract, () => opened)], queues: { [other]: {} }, concurrency: 3 });
    const jobs = await Promise.all([1, 2].map((input) => client.add(contract, input)));
    const { workers } = await statsWhen(client, queue, ({ workers }) => workers !== 'unknown' && workers[0]?.queues[0]?.busy === 2);
    expect(workers).toMatchObject([{ version: packageVersion(), status: 'running', queues: [{ queue, busy: 2, free: 1 }] }]);
    if (workers === 'unknown' || workers[0] === undefined) throw new Error('Expected workers.');
    expect(workers[0].identity).toBe((await jobs[0]?.get())?.worker);
    expect(Date.now() - Date.parse(workers[0].lastSeenAt)).toBeLessThan(10_000);
    const both = (await client.stats()).workers;
    const own = both === 'unknown' ? undefined : both.find(({ identity }) => identity === workers[0]?.identity);
    expect(own?.queues.map((served) => served.queue)).toEqual(expect.arrayContaining([queue, other]));
    open();
    await worker.stop();
    await statsWhen(client, queue, ({ workers }) => workers !== 'unknown' && !workers.some(({ status }) => status === 'running'));
  });

  test('estimate when a job will be done once five of its type have run, which is no news to a watcher', async () => {
    const contract = contractOf(FAST_RETRY);
    const client = await connect();
    const { opened, open } = gate();
    const run = async (input: unknown, { signal }: HandlerContext): Promise<void> => {
      if (input === 'waits') await opened;
      else await sleep(3000, undefined, { signal });
    };
    await runWorker({ jobs: [handle(contract, run)], concurrency: RUNS });
    const first = await client.add(contract, 'waits');
    await eventually('the handler to run', async () => (await first.get()).status === 'processing');
    expect((await first.get()).eta).toBe('unknown');
    open();
    expect(await first.result().then(async () => (await first.get()).eta)).toBeNull();
    await Promise.all(Array.from({ length: RUNS }, async () => (await client.add(contract, {})).result()));
    await statsWhen(client, contract.queue, ({ types }) => types[0]?.completed === RUNS + 1);
    const job = await (await connect()).add(contract, {});
    const etas: unknown[] = [];
    for await (const snapshot of job.watch()) if (snapshot.status === 'processing') etas.push(snapshot.eta);
    expect(etas).toHaveLength(1);
    expect(etas[0]).toMatchObject({ samples: RUNS + 1 });
    const { addedAt, endedAt } = await job.get();
    const { p50, p90 } = etas[0] as { p50: string; p90: string };
    expect(Date.parse(p50) - Date.parse(addedAt)).toBeGreaterThan(2000);
    expect(Date.parse(p90)).toBeGreaterThanOrEqual(Date.parse(p50));
    expect(Math.abs(Date.parse(p50) - Date.parse(endedAt ?? ''))).toBeLessThan(5000);
  });
}
