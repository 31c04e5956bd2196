/** What is kept from attempt to attempt, what uses one up, and how many run at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JobHandle } from '../../src/client.ts';
import { defineJob, type JobSnapshot } from '../../src/contract/index.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { connectClient, eventually, gate, ownQueue, runWorker, silentLog } from '../support/jobs.ts';

const input = z.object({ n: z.number().default(0) });

describe('the record', () => {
  test.each([
    ['succeeds', 3],
    ['fails as well', 4],
  ])('holds all three attempts with their errors when the last one %s', async (_how, succeedsAt) => {
    const contract = defineJob({ name: 'three', input, queue: ownQueue(), retry: { initialInterval: 1, backoffCoefficient: 1 } });
    const seen: unknown[] = [];
    const run = (
      _input: unknown,
      { attempt, maxAttempts, lastCheckpoint, idempotencyKey, progress, checkpoint }: HandlerContext,
    ): string => {
      seen.push([attempt, maxAttempts, lastCheckpoint, idempotencyKey]);
      progress(attempt * 20, `try ${attempt}`);
      checkpoint({ tries: attempt });
      if (attempt < succeedsAt) throw Object.assign(new Error(`broken ${attempt}`), { code: `E${attempt}` });
      return 'done';
    };
    const lines: unknown[] = [];
    const log = { ...silentLog, warn: (message: string, fields: unknown) => void lines.push([message, fields]) };
    await runWorker({ jobs: [handle(contract, run)], log });
    const client = await connectClient();
    const job = await client.add(contract, {});
    await Promise.allSettled([job.result()]);
    const snapshot = await job.get();
    const key = `${job.id}/1`;
    expect(seen).toEqual([
      [1, 3, undefined, key],
      [2, 3, { tries: 1 }, key],
      [3, 3, { tries: 2 }, key],
    ]);
    expect(snapshot).toMatchObject({ status: succeedsAt === 3 ? 'completed' : 'failed', attempt: 3, checkpoint: { tries: 3 } });
    expect(snapshot.progress).toEqual({ percent: succeedsAt === 3 ? 100 : 60, message: 'try 3' });
    const failures = succeedsAt === 3 ? [1, 2] : [1, 2, 3];
    expect(snapshot.attempts).toMatchObject(
      failures.map((attempt) => ({ attempt, outcome: 'failed', error: { code: `E${attempt}`, message: `broken ${attempt}` } })),
    );
    expect(snapshot.attempts.map(({ backoffMs }) => backoffMs)).toEqual(failures.map((attempt) => (attempt < 3 ? 1 : undefined)));
    for (const { worker, startedAt = '', endedAt = '' } of snapshot.attempts) {
      expect(worker).toBe(snapshot.worker);
      expect(Date.parse(endedAt)).toBeGreaterThanOrEqual(Date.parse(startedAt));
    }
    expect(lines).toMatchObject(
      failures.map((attempt) => [
        'attempt failed',
        {
          type: 'three',
          job: job.id,
          attempt: `${attempt} of 3`,
          next: attempt < 3 ? 'in 1 ms' : 'none: the job has failed',
          code: `E${attempt}`,
        },
      ]),
    );
  });

  test('of a timeout and of a failure count alike', async () => {
    const contract = defineJob({ name: 'mixed', input, queue: ownQueue(), retry: { maxAttempts: 2, initialInterval: 1 }, timeout: 100 });
    const run = async (_input: unknown, { attempt, signal }: HandlerContext): Promise<void> => {
      if (attempt === 1) await sleep(60_000, undefined, { signal });
      throw new Error('broken');
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connectClient();
    const job = await client.add(contract, {});
    await expect(job.result()).rejects.toThrow('broken');
    expect((await job.get()).attempts).toMatchObject([
      { attempt: 1, outcome: 'timed-out', error: { code: 'timed-out' } },
      { attempt: 2, outcome: 'failed' },
    ]);
  });
});

describe('a worker without the handler', () => {
  test('uses up no attempt, says so in waitingFor, and the job completes once a worker with the handler comes', async () => {
    const queue = ownQueue();
    const contract = defineJob({ name: 'rare', input, queue, retry: { maxAttempts: 1 } });
    const other = defineJob({ name: 'other', input, queue });
    const without = await runWorker({ jobs: [handle(other, () => 1)] });
    const client = await connectClient();
    const job = await client.add(contract, {});
    const waiting = await eventually('the handler to be missing', async () => {
      const snapshot = await job.get();
      return snapshot.waitingFor?.code === 'handler' && snapshot;
    });
    expect(waiting).toMatchObject({ attempt: 0, attempts: [] });
    expect(waiting.waitingFor?.sentence).toBe(
      `The worker that took it has no handler for "rare". Start a worker with that handler on the queue "${queue}", or add it to the one that runs.`,
    );
    await without.stop();
    await runWorker({ jobs: [handle(contract, (_input, { attempt }) => attempt)] });
    await expect(job.result()).resolves.toBe(1);
    expect((await job.get()).attempts).toEqual([]);
  });
});

describe('a rolling restart', () => {
  test('under 20 jobs that have one attempt each uses up none', async () => {
    const contract = defineJob({ name: 'rolling', input, queue: ownQueue(), retry: { maxAttempts: 1 } });
    const { opened, open } = gate();
    const run = async ({ n }: { n: number }, context: HandlerContext): Promise<unknown> => {
      context.progress(n);
      if (context.lastCheckpoint === undefined) {
        context.checkpoint(n);
        await sleep(60_000, undefined, { signal: context.signal });
      }
      await opened;
      return { n, kept: context.lastCheckpoint, attempt: context.attempt };
    };
    const first = await runWorker({ jobs: [handle(contract, run)], concurrency: 20, shutdownGrace: 0 });
    const client = await connectClient();
    const jobs = await Promise.all(Array.from({ length: 20 }, (_, n) => client.add(contract, { n })));
    await Promise.all(jobs.map((job) => until(job, ({ status }) => status === 'processing')));
    const second = runWorker({ jobs: [handle(contract, run)], concurrency: 20 });
    await first.stop();
    await second;
    open();
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(jobs.map((_, n) => ({ n, kept: n, attempt: 1 })));
    for (const { attempt, attempts } of await Promise.all(jobs.map((job) => job.get()))) {
      expect(attempt).toBe(1);
      expect(attempts).toMatchObject([{ attempt: 1, outcome: 'shutdown', error: { code: 'worker-shutdown' } }]);
    }
  });

  test('lets a handler end that needs less than the grace', async () => {
    const contract = defineJob({ name: 'graceful', input, queue: ownQueue() });
    const { opened, open } = gate();
    let isAborted: boolean | undefined;
    const run = async (_input: unknown, { signal }: HandlerContext): Promise<string> => {
      await opened;
      isAborted = signal.aborted;
      return 'done';
    };
    const worker = await runWorker({ jobs: [handle(contract, run)], shutdownGrace: '30s' });
    const client = await connectClient();
    const job = await client.add(contract, {});
    await until(job, ({ status }) => status === 'processing');
    const stopped = worker.stop();
    open();
    await stopped;
    // What a handler returned is safe; that the job has completed is written by the next worker.
    await runWorker({ jobs: [handle(contract, run)] });
    await expect(job.result()).resolves.toBe('done');
    expect([isAborted, (await job.get()).attempts]).toEqual([false, []]);
  });
});

describe('the limit', () => {
  test('counts handlers that ignore their timeout until they really end', async () => {
    const contract = defineJob({ name: 'deaf', input, queue: ownQueue(), retry: { maxAttempts: 1 }, timeout: 100 });
    const { opened, open } = gate();
    let running = 0;
    let most = 0;
    const deaf = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await opened;
      running -= 1;
    };
    await runWorker({ jobs: [handle(contract, deaf)], concurrency: 2 });
    const client = await connectClient();
    const jobs = await Promise.all(Array.from({ length: 4 }, () => client.add(contract, {}, { maxAttempts: 1 })));
    const outcomes = jobs.map(async (job) => (await until(job, ({ endedAt }) => endedAt !== undefined)).status);
    const timedOut = await eventually('the first two to have timed out', async () => {
      const statuses = await Promise.all(jobs.map(async (job) => (await job.get()).status));
      return statuses.filter((status) => status === 'failed').length === 2 && statuses;
    });
    // The others have their places in the server's eyes, and wait for a place here.
    expect([timedOut.filter((status) => status === 'failed').length, running]).toEqual([2, 2]);
    open();
    expect((await Promise.all(outcomes)).toSorted()).toEqual(['completed', 'completed', 'failed', 'failed']);
    expect(most).toBe(2);
  });

  test('is each queue’s own, in one worker', async () => {
    const queues = { [ownQueue()]: 1, [ownQueue()]: 3 };
    const [narrow = '', wide = ''] = Object.keys(queues);
    const contract = defineJob({ name: 'two-queues', input, queue: narrow });
    const { opened, open } = gate();
    const running = new Map<string, number>();
    const most = new Map<string, number>();
    const run = async ({ n }: { n: number }): Promise<void> => {
      const queue = n === 0 ? narrow : wide;
      running.set(queue, (running.get(queue) ?? 0) + 1);
      most.set(queue, Math.max(most.get(queue) ?? 0, running.get(queue) ?? 0));
      await opened;
      running.set(queue, (running.get(queue) ?? 0) - 1);
    };
    await runWorker({ jobs: [handle(contract, run)], queues: { [narrow]: { concurrency: 1 }, [wide]: { concurrency: 3 } } });
    const client = await connectClient();
    const jobs = await Promise.all(
      [narrow, wide].flatMap((queue, n) => Array.from({ length: 5 }, () => client.add(contract, { n }, { queue }))),
    );
    await eventually('both queues to be full', () => running.get(narrow) === 1 && running.get(wide) === 3);
    open();
    await Promise.all(jobs.map((job) => job.result()));
    expect(Object.fromEntries(most)).toEqual(queues);
  });
});

async function until(job: JobHandle, condition: (snapshot: JobSnapshot) => boolean): Promise<JobSnapshot> {
  return await eventually('the job to be where the test needs it', async () => {
    const snapshot = await job.get();
    return condition(snapshot) && snapshot;
  });
}
