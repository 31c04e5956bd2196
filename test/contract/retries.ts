/** Owns what anybody who adds jobs can rely on about attempts that fail. Part of the suite of `jobs.ts`. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';
import { handle, type HandlerContext, NonRetryable, RetryAfter } from '../../src/worker.ts';
import { ownQueue, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf, isStatus } from './support.ts';

/** When and whether there is another attempt, and what it is given. */
export function retries(connect: () => Promise<ContractClient>): void {
  describe('the waits', () => {
    waits(connect);
  });
  describe('the end', () => {
    ends(connect);
  });
  describe('a checkpoint', () => {
    checkpoints(connect);
  });
}

function broken(): never {
  throw new Error('broken');
}

function waits(connect: () => Promise<ContractClient>): void {
  test('are up to a quarter longer than the rule says, and not the same for all jobs', async () => {
    const contract = contractOf({ retry: { initialInterval: '1h' } });
    await runWorker({ jobs: [handle(contract, broken)], concurrency: 12 });
    const client = await connect();
    const jobs = await Promise.all(Array.from({ length: 12 }, () => client.add(contract, {})));
    const snapshots = await Promise.all(jobs.map((job) => isStatus(job, 'retrying')));
    const drawn = snapshots.map(({ attempts }) => attempts[0]?.backoffMs ?? 0);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(3_600_000);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(1.25 * 3_600_000);
    expect(new Set(drawn).size).toBeGreaterThan(6);
    for (const { attempts, waitingFor } of snapshots) {
      const { endedAt = '', backoffMs = 0 } = attempts[0] ?? {};
      // What the record says is what the server does.
      expect(Math.abs(Date.parse(waitingFor?.until ?? '') - Date.parse(endedAt) - backoffMs)).toBeLessThan(5000);
    }
  });

  test('are those of the rule given with add, in the fields that it gives', async () => {
    const contract = contractOf({ retry: { maxAttempts: 7, initialInterval: '1s', jitter: 0 } });
    await runWorker({ jobs: [handle(contract, broken)] });
    const client = await connect();
    const job = await client.add(contract, {}, { retry: { initialInterval: '2h' } });
    expect(await isStatus(job, 'retrying')).toMatchObject({ maxAttempts: 7, attempts: [{ backoffMs: 2 * 3_600_000 }] });
    const ended = await client.add(contract, {}, { retry: { maxAttempts: 1 } });
    await expect(ended.result()).rejects.toThrow('broken');
  });

  test('are those that a handler asks for with RetryAfter, which uses up an attempt', async () => {
    const contract = contractOf({ retry: { maxAttempts: 2, initialInterval: 1 } });
    const busy = (input: unknown): never => {
      throw new RetryAfter(input === 'later' ? '3h' : (input as number), 'the shop is busy');
    };
    await runWorker({ jobs: [handle(contract, busy)] });
    const client = await connect();
    const job = await client.add(contract, 'later');
    expect(await isStatus(job, 'retrying')).toMatchObject({
      attempts: [
        { attempt: 1, outcome: 'failed', backoffMs: 3 * 3_600_000, error: { code: 'handler-failed', message: 'the shop is busy' } },
      ],
    });
    for (const waitMs of [1000, 0]) {
      const soon = await client.add(contract, waitMs);
      await expect(soon.result()).rejects.toThrow('the shop is busy');
      expect((await soon.get()).attempts).toMatchObject([{ backoffMs: Math.max(1, waitMs) }, { attempt: 2 }]);
    }
  });
}

function ends(connect: () => Promise<ContractClient>): void {
  test('comes after the maxAttempts given with add, whatever the contract says', async () => {
    const queue = ownQueue();
    const of = (name: string, maxAttempts: number): ReturnType<typeof contractOf> =>
      contractOf({ name, queue, retry: { initialInterval: 1, backoffCoefficient: 1, maxAttempts } });
    const [one, five] = [of('one', 1), of('five', 5)];
    const calls: string[] = [];
    const fail = (_input: unknown, { jobId }: HandlerContext): never => {
      calls.push(jobId);
      throw new Error('broken');
    };
    await runWorker({ jobs: [handle(one, fail), handle(five, fail)] });
    const client = await connect();
    // 3 is what holds where neither says anything.
    const asked = [
      await client.add(five, {}, { maxAttempts: 2 }),
      await client.add(five, {}, { maxAttempts: 3 }),
      await client.add(one, {}, { maxAttempts: 2 }),
    ];
    for (const job of asked) await expect(job.result()).rejects.toThrow('broken');
    expect(asked.map(({ id }) => calls.filter((called) => called === id).length)).toEqual([2, 3, 2]);
    expect(await Promise.all(asked.map(async (job) => (await job.get()).maxAttempts))).toEqual([2, 3, 2]);
  });

  test('comes at once where the handler throws NonRetryable', async () => {
    const contract = contractOf({});
    const refuse = (): never => {
      throw new NonRetryable('there is no such order', { code: 'E_NO_ORDER' });
    };
    await runWorker({ jobs: [handle(contract, refuse)] });
    const client = await connect();
    const job = await client.add(contract, {});
    await expect(job.result()).rejects.toMatchObject({ message: 'there is no such order', details: { code: 'E_NO_ORDER' } });
    expect(await job.get()).toMatchObject({ status: 'failed', attempt: 1, maxAttempts: 3, error: { code: 'E_NO_ORDER' } });
  });

  test('comes at once for an error code that the contract’s retryIf does not try again', async () => {
    const contract = contractOf({ retry: { maxAttempts: 3, initialInterval: 1 }, retryIf: (code: string) => code !== 'E_FULL' });
    const run = (input: unknown): never => {
      throw Object.assign(new Error('broken'), { code: input });
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connect();
    const [full, busy] = [await client.add(contract, 'E_FULL'), await client.add(contract, 'E_BUSY')];
    for (const job of [full, busy]) await expect(job.result()).rejects.toThrow('broken');
    expect([(await full.get()).attempt, (await busy.get()).attempt]).toEqual([1, 3]);
  });
}

function checkpoints(connect: () => Promise<ContractClient>): void {
  const schema = z.object({ row: z.number(), seen: z.array(z.string()).default([]) });

  test('that matches the contract’s schema is there for the next attempt, as the schema gives it', async () => {
    const contract = defineJob({
      name: 'rows',
      input: z.object({}),
      checkpoint: schema,
      queue: ownQueue(),
      retry: { initialInterval: 1 },
    });
    const found: unknown[] = [];
    const run = handle(contract, (_input, { lastCheckpoint, checkpoint }) => {
      found.push(lastCheckpoint?.seen);
      checkpoint({ row: (lastCheckpoint?.row ?? 0) + 1 });
      if (lastCheckpoint === undefined) broken();
      return lastCheckpoint.row;
    });
    await runWorker({ jobs: [run] });
    const client = await connect();
    const job = await client.add(contract, {});
    expect(await job.result()).toBe(1);
    expect(found).toEqual([undefined, []]);
    expect((await job.get()).checkpoint).toEqual({ row: 2 });
  });

  test('that does not match fails the job with invalid-checkpoint, and what was kept before stays', async () => {
    const contract = contractOf({ checkpoint: schema });
    const run = (_input: unknown, { checkpoint }: HandlerContext): void => {
      checkpoint({ row: 1 });
      checkpoint({ row: 'two' });
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connect();
    const job = await client.add(contract, {});
    await expect(job.result()).rejects.toMatchObject({
      code: 'invalid-checkpoint',
      message: expect.stringMatching(/^The checkpoint of "contract-job" does not match its contract\. row: /) as string,
    });
    expect((await job.get()).checkpoint).toEqual({ row: 1 });
  });
}
