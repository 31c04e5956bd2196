/** Batches over HTTP: their items are sent as they are read, and told as they are asked for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { BatchItem } from '../../src/contract/batch-items.ts';
import { defineJob } from '../../src/contract/index.ts';
import { JobClient } from '../../src/client.ts';
import { RemoteJobs } from '../../src/remote-client.ts';
import { handle } from '../../src/worker.ts';
import { ownQueue, runWorker, serverAddress } from '../support/jobs.ts';
import { runApi } from './support/api-server.ts';

function doubling() {
  const contract = defineJob({
    name: 'double',
    input: z.object({ n: z.number() }),
    output: z.number(),
    queue: ownQueue(),
    retry: { maxAttempts: 1 },
  });
  const handled = handle(contract, ({ n }) => {
    if (n === 13) throw new Error('unlucky');
    return 2 * n;
  });
  return { contract, handled };
}

async function* numbers(count: number) {
  for (let n = 0; n < count; n += 1) yield await Promise.resolve({ n });
}

async function all(results: AsyncGenerator<BatchItem>): Promise<BatchItem[]> {
  const items: BatchItem[] = [];
  for await (const item of results) items.push(item);
  return items;
}

describe('a batch over HTTP', () => {
  it('is added from inputs that are still being read, and tells of its items', async () => {
    const { contract, handled } = doubling();
    await runWorker({ jobs: [handled], concurrency: 50 });
    const server = await runApi({ contracts: [contract] });
    const jobs = new RemoteJobs({ url: server.url, key: server.keys.operator });
    const batch = await jobs.addBatch(contract, numbers(3000), { name: 'numbers', concurrency: 40, tags: ['n'] });
    await expect(batch.result()).rejects.toMatchObject({ code: 'items-failed' });
    expect(await batch.get()).toMatchObject({ tags: ['n'], batch: { name: 'numbers', items: 3000, completed: 2999, failed: 1 } });
    const { items, next } = await batch.items({ from: 12, limit: 2 });
    expect(items).toMatchObject([
      { index: 12, status: 'completed', input: { n: 12 }, output: 24 },
      { index: 13, status: 'failed', input: { n: 13 }, error: { code: 'handler-failed', message: 'unlucky' } },
    ]);
    expect(next).toBe(14);
    const results = await all(batch.results());
    expect(results.map(({ output }) => output)).toEqual(Array.from({ length: 3000 }, (_none, n) => (n === 13 ? undefined : 2 * n)));
    expect(results[0]).not.toHaveProperty('input');
  });

  it('is refused with the item that is wrong, and leaves nothing behind', async () => {
    const { contract } = doubling();
    const server = await runApi({ contracts: [contract] });
    const jobs = new RemoteJobs({ url: server.url, key: server.keys.operator });
    async function* broken() {
      yield* numbers(1500);
      yield await Promise.resolve({ n: 'no number' } as unknown as { n: number });
    }
    const refused = { code: 'invalid-input', details: { item: 1500 } };
    await expect(jobs.addBatch(contract, broken())).rejects.toMatchObject(refused);
    const unread = new Error('the file is gone');
    async function* unreadable() {
      yield* numbers(10);
      throw unread;
    }
    await expect(jobs.addBatch(contract, unreadable())).rejects.toBe(unread);
    await sleep(500);
    expect((await jobs.list({ queue: contract.queue })).jobs).toEqual([]);
  });

  it.each([
    ['a line that is no JSON', '{"n": 1}\n{"n":\n', 400, 'line 2 of the request'],
    ['an input that does not match', '{"n": 1}\n\n{"n": "x"}\n', 422, 'Item 1: The input of "double" does not match'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), 400, 'not UTF-8'],
  ])('says what is wrong with %s', async (...[, body, status, text]) => {
    const { contract } = doubling();
    const server = await runApi({ contracts: [contract] });
    const answer = await fetch(`${server.url}/v1/batches?type=double`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.keys.operator}`, 'content-type': 'application/x-ndjson' },
      body,
    });
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as { detail: string }).detail).toContain(text);
  });

  it('of a tenant is not there for another one', async () => {
    const { contract, handled } = doubling();
    await runWorker({ jobs: [handled] });
    const server = await runApi({ contracts: [contract] });
    const ours = new RemoteJobs({ url: server.url, key: await server.keyOf('ours') });
    const theirs = new RemoteJobs({ url: server.url, key: await server.keyOf('theirs') });
    const batch = await ours.addBatch(contract, numbers(3));
    expect(batch.id).toMatch(/^ours@/);
    await batch.result();
    expect((await batch.items()).items).toHaveLength(3);
    await expect(theirs.items(batch.id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(all(theirs.results(batch.id))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a client without a payload folder', () => {
  it('cannot add a batch, and says what it needs', async () => {
    const client = await JobClient.connect({ address: serverAddress(), env: {} });
    const { contract } = doubling();
    await expect(client.addBatch(contract, [{ n: 1 }])).rejects.toMatchObject({
      code: 'not-configured',
      message: expect.stringContaining('HOLDFAST_PAYLOADS') as string,
    });
    await client.close();
  });
});
