/** What `kill -9` of worker, server and adder costs jobs that share workflows: time, and the last second's work again. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { JobClient } from '../../src/client.ts';
import { addressOf } from '../../src/contract/carrier.ts';
import { eventually } from '../support/jobs.ts';
import { type Random, seeded } from '../support/random.ts';
import { isLong, scaled } from '../support/scale.ts';
import { linesOf, ownClient, ownFolder, ownServer, startAdderProcess, startWorkerProcess } from './support/processes.ts';

const JOBS = scaled(2000, 20_000);
const KILLS = scaled(5, 20);
const ADDERS = 50;
const CONCURRENCY = 10;
const WORK_MS = 40;
/** Each adder rests so long between two adds, so that the work lasts as long as the deaths. */
const REST_MS = 250;
/** What a worker has written down by its death is at most so old. */
const BEAT_MS = 1000;
const MARGIN_MS = 500;

interface Start {
  readonly job: string;
  readonly at: number;
}

async function recordsOf<T>(file: string): Promise<readonly T[]> {
  return (await linesOf(file)).map((line) => JSON.parse(line) as T);
}

test(
  `${JOBS} jobs that share workflows survive ${KILLS} deaths of their worker, their adder and the server: none is lost, and each ends once`,
  async () => {
    const server = await ownServer();
    const folder = await ownFolder();
    const [acknowledged, log] = [join(folder, 'acknowledged.log'), join(folder, 'starts.log')];
    const world = { address: server.address, acknowledged, log };
    const random = seeded(8);
    const killedAt: number[] = [];
    let startsBefore = 0;
    let worker = await startWorkerProcess({ address: server.address, log, concurrency: CONCURRENCY });
    let adder = await startAdder(world);
    for (let kills = 0; kills < KILLS; kills += 1) {
      await sleep(pauseMs(random));
      startsBefore = (await linesOf(log)).length;
      const victim = ['worker', 'adder', 'server'][kills % 3];
      if (victim === 'worker') {
        killedAt.push(Date.now());
        await worker.kill();
        worker = await startWorkerProcess({ address: server.address, log, concurrency: CONCURRENCY });
      } else if (victim === 'adder') {
        await adder.kill();
        adder = await startAdder(world);
      } else {
        const { pid } = server;
        process.kill(pid, 'SIGKILL');
        await eventually('the server is back', () => server.pid !== pid);
      }
    }
    await adder.ended;
    const client = await ownClient(server);
    const jobs = await recordsOf<{ readonly id: string; readonly n: number }>(acknowledged);
    expect(new Set(jobs.map(({ n }) => n)).size).toBe(JOBS);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
    expect(new Set(jobs.map(({ id }) => addressOf(id).workflowId)).size).toBeLessThan(JOBS / 5);
    for (let start = 0; start < jobs.length; start += 500) await expectSquares(client, jobs.slice(start, start + 500));
    const starts = await recordsOf<Start>(log);
    const known = new Set(jobs.map(({ id }) => id));
    expect(starts.length, 'handlers were called after the last death').toBeGreaterThan(startsBefore);
    const own = starts.filter(({ job }) => known.has(job));
    const repeats = own.length - new Set(own.map(({ job }) => job)).size;
    const lastWork = killedAt.map((at) => starts.filter((one) => one.at <= at && one.at > at - BEAT_MS - MARGIN_MS).length + CONCURRENCY);
    expect(repeats).toBeLessThanOrEqual(lastWork.reduce((sum, count) => sum + count, 0));
    console.log(`${JOBS} jobs, ${KILLS} deaths: ${repeats} handlers were called again`);
  },
  isLong ? 1_200_000 : 240_000,
);

function pauseMs(random: Random): number {
  return 500 + random() * 1500;
}

/** Adds the numbers that are not acknowledged. */
async function startAdder({ address, acknowledged }: { readonly address: string; readonly acknowledged: string }) {
  const done = new Set((await recordsOf<{ readonly n: number }>(acknowledged)).map(({ n }) => n));
  const numbers = [...Array.from({ length: JOBS }).keys()].filter((n) => !done.has(n));
  return await startAdderProcess({ address, acknowledged, numbers, adders: ADDERS, ms: WORK_MS, restMs: REST_MS });
}

async function expectSquares(client: JobClient, jobs: readonly { readonly id: string; readonly n: number }[]): Promise<void> {
  const results = await Promise.all(jobs.map(async ({ id }) => await client.result(id)));
  expect(results).toEqual(jobs.map(({ n }) => ({ square: n * n })));
  const statuses = await Promise.all(jobs.map(async ({ id }) => (await client.get(id))?.status));
  expect(new Set(statuses)).toEqual(new Set(['completed']));
}
