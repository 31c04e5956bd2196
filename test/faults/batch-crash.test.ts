/** What `kill -9` of worker, server and adder costs a batch: time, and the last second's work again. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isTerminal } from '../../src/contract/snapshot.ts';
import { eventually } from '../support/jobs.ts';
import { seeded } from '../support/random.ts';
import { isLong, scaled } from '../support/scale.ts';
import { linesOf, ownClient, ownFolder, ownServer, startAdderProcess, startWorkerProcess } from './support/processes.ts';
import { shared } from './support/steps.mjs';

const ITEMS = scaled(2000, 20_000);
const KILLS = scaled(5, 20);
const CONCURRENCY = 10;
const WORK_MS = 40;
/** What a worker has written down by its death is at most so old. */
const BEAT_MS = 1000;
const MARGIN_MS = 500;

interface Start {
  readonly job: string;
  readonly at: number;
}

test(
  `a batch of ${ITEMS} items survives ${KILLS} deaths of its worker and the server: each item ends once, with its result`,
  async () => {
    const server = await ownServer();
    const folder = await ownFolder();
    const [payloads, log] = [join(folder, 'payloads'), join(folder, 'starts.log')];
    const settings = { address: server.address, log, concurrency: CONCURRENCY, payloads };
    const client = await ownClient(server, payloads);
    const random = seeded(11);
    const killedAt: number[] = [];
    let worker = await startWorkerProcess(settings);
    const batch = await client.addBatch(
      shared,
      Array.from({ length: ITEMS }, (_none, n) => ({ n, ms: WORK_MS })),
    );
    for (let kills = 0; kills < KILLS; kills += 1) {
      await sleep(500 + random() * 1000);
      expect(isTerminal((await batch.get()).status), 'the batch goes on while its parts die').toBe(false);
      if (kills % 3 !== 1) {
        killedAt.push(Date.now());
        await worker.kill();
        worker = await startWorkerProcess(settings);
      } else {
        const { pid } = server;
        process.kill(pid, 'SIGKILL');
        await eventually('the server is back', () => server.pid !== pid);
      }
    }
    expect(await batch.result()).toEqual({ completed: ITEMS, failed: 0, cancelled: 0 });
    const squares: unknown[] = [];
    for await (const { index, status, output } of batch.results()) squares[index] = { status, output };
    expect(squares).toEqual(Array.from({ length: ITEMS }, (_none, n) => ({ status: 'completed', output: { square: n * n } })));
    const starts = (await linesOf(log)).map((line) => JSON.parse(line) as Start);
    const repeats = starts.length - new Set(starts.map(({ job }) => job)).size;
    const lastWork = killedAt.map((at) => starts.filter((one) => one.at <= at && one.at > at - BEAT_MS - MARGIN_MS).length + CONCURRENCY);
    expect(repeats).toBeLessThanOrEqual(lastWork.reduce((sum, count) => sum + count, 0));
    console.log(`${ITEMS} items, ${KILLS} deaths: ${repeats} handlers were called again`);
  },
  isLong ? 1_200_000 : 240_000,
);

test('an adder that dies while it adds a batch leaves none; the next one adds all of it', async () => {
  const server = await ownServer();
  const folder = await ownFolder();
  const payloads = join(folder, 'payloads');
  const acknowledged = join(folder, 'acknowledged.log');
  const client = await ownClient(server, payloads);
  await startWorkerProcess({ address: server.address, log: join(folder, 'starts.log'), concurrency: 50, payloads });
  const numbers = [...Array.from({ length: 3000 }).keys()];
  const settings = { address: server.address, acknowledged, numbers, adders: 1, ms: 0, payloads };
  const adder = await startAdderProcess({ ...settings, restMs: 100 });
  await sleep(1500);
  await adder.kill();
  expect(await linesOf(acknowledged)).toEqual([]);
  expect((await client.list()).jobs).toEqual([]);
  await (
    await startAdderProcess({ ...settings, restMs: 0 })
  ).ended;
  const [line = '{}'] = await linesOf(acknowledged);
  expect(await client.batch((JSON.parse(line) as { id: string }).id).result()).toEqual({ completed: 3000, failed: 0, cancelled: 0 });
});
