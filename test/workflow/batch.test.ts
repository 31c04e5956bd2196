/** Batches on a real server, with real workers and a real payload folder. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BatchItem } from '../../src/contract/batch-items.ts';
import { defineJob } from '../../src/contract/index.ts';
import { createWorker, handle } from '../../src/worker.ts';
import { connectClient, eventually, gate, ownQueue, payloadFolder, runWorker, serverAddress, silentLog } from '../support/jobs.ts';

function contractOf(more: Partial<Parameters<typeof defineJob>[0]> = {}) {
  return defineJob({ name: 'of-batch', input: z.unknown(), queue: ownQueue(), ...more });
}

async function all(results: AsyncGenerator<BatchItem>): Promise<BatchItem[]> {
  const items: BatchItem[] = [];
  for await (const item of results) items.push(item);
  return items;
}

const range = (count: number): number[] => Array.from({ length: count }, (_none, n) => n);

describe('a batch', () => {
  test('of 2 500 items calls the handler once with each, and gives all results in order', async () => {
    const contract = contractOf();
    const calls = new Map<unknown, number>();
    await runWorker({
      jobs: [
        handle(contract, (input) => {
          calls.set(input, (calls.get(input) ?? 0) + 1);
          return `item ${String(input)}`;
        }),
      ],
      concurrency: 100,
    });
    const client = await connectClient();
    const batch = await client.addBatch(contract, range(2500), { name: 'many' });
    expect(await batch.result()).toEqual({ completed: 2500, failed: 0, cancelled: 0 });
    expect(await batch.get()).toMatchObject({
      status: 'completed',
      progress: { percent: 100 },
      batch: { name: 'many', items: 2500, completed: 2500, failed: 0, cancelled: 0, running: 0, waiting: 0 },
    });
    expect((await all(batch.results())).map(({ index, output }) => [index, output])).toEqual(range(2500).map((n) => [n, `item ${n}`]));
    expect([...calls.values()].every((count) => count === 1)).toBe(true);
    expect(calls.size).toBe(2500);
    const { items, next } = await batch.items({ from: 999, limit: 2 });
    expect(items).toMatchObject([
      { index: 999, status: 'completed', input: 999, output: 'item 999', attempt: 1 },
      { index: 1000, status: 'completed', input: 1000, output: 'item 1000', attempt: 1 },
    ]);
    expect(next).toBe(1001);
  });

  test('tries items again as their type says, and fails when some failed for good; a retry does those alone', async () => {
    const contract = contractOf({ retry: { maxAttempts: 3, initialInterval: '100ms', backoffCoefficient: 1 } });
    const calls = new Map<unknown, number>();
    let isMended = false;
    await runWorker({
      jobs: [
        handle(contract, (input, { attempt }) => {
          calls.set(input, (calls.get(input) ?? 0) + 1);
          if (input === 7 && attempt < 3) throw new Error(`attempt ${attempt}`);
          if (input === 1003 && !isMended) throw new Error('never');
          return attempt;
        }),
      ],
      concurrency: 20,
    });
    const client = await connectClient();
    const batch = await client.addBatch(contract, range(1010));
    await expect(batch.result()).rejects.toMatchObject({
      code: 'items-failed',
      message: '1 of 1010 items failed. A retry does again what was not completed.',
    });
    const [seven] = (await batch.items({ from: 7, limit: 1 })).items;
    expect(seven).toMatchObject({ status: 'completed', output: 3, attempt: 3, attempts: [{ attempt: 1 }, { attempt: 2 }] });
    expect(await batch.items({ status: 'failed' })).toMatchObject({
      items: [{ index: 1003, status: 'failed', attempt: 3, error: { code: 'handler-failed', message: 'never' }, input: 1003 }],
    });
    expect(await batch.get()).toMatchObject({ status: 'failed', batch: { completed: 1009, failed: 1 } });
    isMended = true;
    await batch.retry();
    expect(await batch.result()).toEqual({ completed: 1010, failed: 0, cancelled: 0 });
    expect(calls.get(1003)).toBe(4);
    expect(calls.get(1002)).toBe(1);
    expect(await batch.get()).toMatchObject({ run: 2, batch: { completed: 1010 } });
    expect(await all(batch.results())).toHaveLength(1010);
  });

  test('of no items completes at once', async () => {
    const contract = contractOf();
    await runWorker({ jobs: [handle(contract, () => 1)] });
    const batch = await (await connectClient()).addBatch(contract, []);
    expect(await batch.result()).toEqual({ completed: 0, failed: 0, cancelled: 0 });
    expect(await batch.items()).toEqual({ items: [] });
  });

  test('shows its items while they run, and cancels those that have not ended', async () => {
    const contract = contractOf();
    const { opened, open } = gate();
    await runWorker({
      jobs: [
        handle(contract, async (input, { signal, progress }) => {
          if (input === 0) return 'first';
          progress(50, 'half');
          await Promise.race([opened, sleep(60_000, undefined, { signal })]);
          return 'late';
        }),
      ],
      concurrency: 5,
    });
    const client = await connectClient();
    const batch = await client.addBatch(contract, range(900));
    const seen = await eventually('five items to run', async () => {
      const { batch: facts, progress } = await batch.get();
      return facts?.running === 5 && (progress?.percent ?? 0) > 0 && facts;
    });
    expect(seen).toMatchObject({ items: 900, completed: 1, running: 5, waiting: 894 });
    const { items } = await batch.items({ status: 'processing' });
    expect(items).toHaveLength(5);
    expect(items[0]).toMatchObject({ attempt: 1, progress: { percent: 50, message: 'half' } });
    expect((await batch.items({ limit: 1 })).items).toMatchObject([{ status: 'completed', output: 'first' }]);
    await batch.cancel('not wanted');
    await expect(batch.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await batch.get()).toMatchObject({
      status: 'cancelled',
      cancelReason: 'not wanted',
      batch: { completed: 1, failed: 0, cancelled: 899, running: 0, waiting: 0 },
    });
    expect((await batch.items({ status: 'cancelled', limit: 500 })).items).toHaveLength(500);
    open();
    await batch.retry();
    expect(await batch.result()).toEqual({ completed: 900, failed: 0, cancelled: 0 });
    expect((await batch.items({ limit: 2 })).items).toMatchObject([{ output: 'first' }, { output: 'late' }]);
  });

  test.each([
    ['stop', 'completed'],
    ['cancel-rest', 'cancelled'],
  ] as const)('with onItemFailure %s begins no further item; one that runs is %s', async (onItemFailure, ofRunning) => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const { opened, open } = gate();
    const begun = new Set<unknown>();
    await runWorker({
      jobs: [
        handle(contract, async (input, { signal }) => {
          begun.add(input);
          if (input === 1) await Promise.race([opened, sleep(60_000, undefined, { signal })]);
          else if (input === 2) {
            await eventually('the other to run', () => begun.has(1));
            throw new Error('broken');
          }
          return input;
        }),
      ],
      concurrency: 2,
    });
    const client = await connectClient();
    const batch = await client.addBatch(contract, [0, 1, 2, ...range(997).map(() => 3)], {
      onItemFailure,
      concurrency: 2,
    });
    await eventually('the item to fail', () => begun.has(2));
    if (onItemFailure === 'stop') setTimeout(open, 500);
    await expect(batch.result()).rejects.toMatchObject({ code: 'items-failed' });
    expect((await batch.items({ limit: 4 })).items.map(({ status }) => status)).toEqual([
      'completed',
      ofRunning,
      'failed',
      expect.any(String),
    ]);
    const { batch: facts } = await batch.get();
    expect((facts?.completed ?? 0) + (facts?.failed ?? 0) + (facts?.cancelled ?? 0)).toBe(1000);
    expect(facts?.cancelled).toBeGreaterThan(900);
  });

  test('waits, and says why, while its worker has no payload folder', async () => {
    const contract = contractOf();
    const poor = await createWorker({ jobs: [handle(contract, (input) => input)], address: serverAddress(), log: silentLog, env: {} });
    const running = poor.run();
    const batch = await (await connectClient()).addBatch(contract, [1, 2, 3]);
    const waiting = await eventually('it to wait', async () => (await batch.get()).waitingFor?.code === 'turn' && (await batch.get()));
    expect(waiting).toMatchObject({ status: 'retrying', attempts: [] });
    expect(waiting.waitingFor?.sentence).toContain('A batch keeps its items in a payload folder, and this process was given none.');
    poor.shutdown();
    await running;
    await runWorker({ jobs: [handle(contract, (input) => input)] });
    expect(await batch.result()).toEqual({ completed: 3, failed: 0, cancelled: 0 });
  });

  test('whose items are gone fails with that, and does not hang', async () => {
    const contract = contractOf();
    const client = await connectClient();
    const batch = await client.addBatch(contract, [1, 2, 3], { delay: '1s' });
    const names = (await readdir(payloadFolder(), { recursive: true })).filter((name) => name.endsWith('/inputs-0'));
    for (const name of names) {
      const file = join(payloadFolder(), name);
      if ((await readFile(file, 'utf8')).includes(batch.id)) await rm(file);
    }
    await runWorker({ jobs: [handle(contract, (input) => input)] });
    await expect(batch.result()).rejects.toMatchObject({ code: 'payload-missing' });
  });
});
