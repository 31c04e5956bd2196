/** Owns what anybody can rely on who retries a job that has ended. Part of the suite of `jobs.ts`. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { eventually, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf, isStatus } from './support.ts';

/** A job that failed or was cancelled gets a new run. */
export function retryByHand(connect: () => Promise<ContractClient>): void {
  test('goes on from the checkpoint, as the same job with the same options and all its attempts', async () => {
    const contract = contractOf({ retry: { initialInterval: 1 } });
    const seen: unknown[] = [];
    const run = (_input: unknown, { attempt, lastCheckpoint, checkpoint, progress }: HandlerContext): string => {
      seen.push([attempt, lastCheckpoint]);
      if (lastCheckpoint === 'second') return 'done';
      progress(lastCheckpoint === undefined ? 40 : 60, 'reading');
      checkpoint(attempt === 1 ? 'first' : 'second');
      throw new Error(`broken ${attempt}`);
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connect();
    const job = await client.add(contract, { n: 1 }, { maxAttempts: 1, tags: ['shop-7'], priority: 'high', key: 'k' });
    await expect(job.result()).rejects.toThrow('broken 1');
    const failed = await job.get();
    await job.retry({ actor: 'anna', reason: 'mended' });
    await expect(job.result()).rejects.toThrow('broken 1');
    expect(seen).toEqual([
      [1, undefined],
      [1, 'first'],
    ]);
    expect(await job.get()).toMatchObject({
      id: failed.id,
      run: 2,
      previousRunId: failed.runId,
      addedAt: failed.addedAt,
      status: 'failed',
      input: { n: 1 },
      maxAttempts: 1,
      tags: ['shop-7'],
      priority: 'high',
      key: 'k',
      queue: contract.queue,
      progress: { percent: 60 },
      actions: [{ action: 'retry', actor: 'anna', reason: 'mended' }],
    });
  });

  test('from the start knows nothing of the run before, and can have another input', async () => {
    const contract = defineJob({ ...contractParts(), input: z.object({ n: z.number() }) });
    const run = ({ n }: { n: number }, { lastCheckpoint, checkpoint, progress }: HandlerContext): unknown => {
      if (n === 2) return [n, lastCheckpoint ?? null];
      progress(90);
      checkpoint('kept');
      throw new Error('broken');
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connect();
    const job = await client.add(contract, { n: 1 });
    await expect(job.result()).rejects.toThrow('broken');
    await expect(job.retry({ input: { n: 'two' as never } })).rejects.toMatchObject({ code: 'invalid-input' });
    await job.retry({ from: 'start', input: { n: 2 } });
    expect(await job.result()).toEqual([2, null]);
    expect(await job.get()).toMatchObject({ status: 'completed', input: { n: 2 }, run: 2 });
  });

  test('of a job that was cancelled runs it; two at once are one run, and one that failed again can be retried again', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const client = await connect();
    const job = await client.add(contract, {}, { delay: '1h' });
    await job.cancel();
    const worker = await runWorker({ jobs: [handle(contract, fail)] });
    await isStatus(job, 'cancelled');
    await worker.stop();
    await Promise.all([job.retry(), job.retry()]);
    expect(await job.get()).toMatchObject({ status: 'queued', run: 2 });
    await runWorker({ jobs: [handle(contract, fail)] });
    await isStatus(job, 'failed');
    await job.retry();
    await expect(job.result()).rejects.toThrow('broken');
    expect((await job.get()).run).toBe(3);
  });

  test('keeps the checkpoint over a run that is cancelled before it starts, and over a worker without the handler', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const client = await connect();
    const failing = await runWorker({
      jobs: [
        handle(contract, (_input, { checkpoint, progress }) => {
          progress(40);
          checkpoint('kept');
          return fail();
        }),
      ],
    });
    const job = await client.add(contract, {});
    await expect(job.result()).rejects.toThrow('broken');
    await failing.stop();
    await job.retry();
    await job.cancel();
    const other = contractOf({ name: 'other-job', queue: contract.queue });
    const stranger = await runWorker({ jobs: [handle(other, fail)] });
    await isStatus(job, 'cancelled');
    await job.retry();
    await eventually('a worker without the handler to have been asked', async () => (await job.get()).waitingFor?.code === 'handler');
    await stranger.stop();
    await runWorker({ jobs: [handle(contract, (_input, { lastCheckpoint }) => lastCheckpoint)] });
    expect(await job.result()).toBe('kept');
    expect(await job.get()).toMatchObject({ run: 3, status: 'completed' });
  });

  test('leaves one job in the lists, and a delete removes all its runs', async () => {
    const contract = contractOf({ name: `retried-${randomUUID()}`, retry: { maxAttempts: 1 } });
    await runWorker({ jobs: [handle(contract, fail)] });
    const client = await connect();
    const job = await client.add(contract, {}, { dedupeKey: 'k' });
    await expect(job.result()).rejects.toThrow('broken');
    await job.retry();
    await expect(job.result()).rejects.toThrow('broken');
    const { queue } = contract;
    await eventually('the index to have both runs', async () => (await client.count({ queue })).failed === 2);
    for (const filter of [{}, { status: 'failed' } as const, { status: 'failed', limit: 1 } as const])
      expect((await client.list({ queue, ...filter })).jobs.map(({ id }) => id)).toEqual([job.id]);
    expect(await rowsOf(client, queue)).toEqual([job.id]);
    expect((await client.add(contract, {}, { dedupeKey: 'k' })).deduplicated).toBe(true);
    await client.delete(job.id);
    await eventually('both runs to be gone', async () => (await client.count({ queue })).failed === 0);
    expect(await client.get(job.id)).toBeUndefined();
  });
}

function contractParts(): { name: string; queue: string; retry: { maxAttempts: number } } {
  const { name, queue } = contractOf({});
  return { name, queue, retry: { maxAttempts: 1 } };
}

function fail(): never {
  throw new Error('broken');
}

/** The ids of all pages, one row a page. */
async function rowsOf(client: ContractClient, queue: string): Promise<string[]> {
  const ids: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await client.list({ queue, limit: 1, ...(pageToken === undefined ? {} : { pageToken }) });
    ids.push(...page.jobs.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return ids;
}
