/** `cancelJob` in each state that a job can be in, and processors that hear of it in their own way, or not at all. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { BaseJobProcessor, type Job, JobCancelled, type JobQueue } from '../../src/job-queue.ts';
import { eventually, ownQueue } from '../support/jobs.ts';
import { addAndAwait, Gate, hasStatus, openQueue, recordingLog } from './queues.ts';

/** Ids of the jobs that the queue announced as cancelled. */
function cancellationsOf(queue: JobQueue): string[] {
  const ids: string[] = [];
  queue.on('cancelled', (job) => ids.push(job.id));
  return ids;
}

/** Waits for the announcement, and then for one more that must not come. */
async function announcedOnce(cancelled: readonly string[], id: string): Promise<void> {
  await eventually(`job ${id} is announced as cancelled`, () => cancelled.includes(id));
  await sleep(300);
  expect(cancelled).toEqual([id]);
}

it('a queued job is cancelled at once, with no worker anywhere', async () => {
  const queue = await openQueue();
  const cancelled = cancellationsOf(queue);
  const [{ id }, other] = [await queue.addJob('x', {}), await queue.addJob('x', {})];
  await queue.cancelJob(id);
  expect(await queue.getJobStatus(id)).toBe('cancelled');
  expect((await queue.getJob(id))?.completedAt).toBeInstanceOf(Date);
  expect(await queue.getStats()).toEqual({ waiting: 1, active: 0, delayed: 0, completed: 0, failed: 0, cancelled: 1 });
  expect(await queue.getJobStatus(other.id)).toBe('queued');
  await announcedOnce(cancelled, id);
});

it('a delayed job is cancelled at once and never runs', async () => {
  const queue = await openQueue();
  const cancelled = cancellationsOf(queue);
  const process = vi.fn<() => Promise<void>>();
  queue.registerProcessor('x', { process });
  const { id } = await queue.addJob('x', {}, { delay: 3_600_000 });
  await queue.cancelJob(id);
  expect(await queue.getJobStatus(id)).toBe('cancelled');
  expect(await queue.getStats()).toEqual({ waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, cancelled: 1 });
  await announcedOnce(cancelled, id);
  expect(process).not.toHaveBeenCalled();
});

it('a job that waits for its next attempt is cancelled at once', async () => {
  const queue = await openQueue();
  const cancelled = cancellationsOf(queue);
  const process = vi.fn<() => Promise<void>>(() => Promise.reject(new Error('no route')));
  queue.registerProcessor('x', { process });
  const { id } = await queue.addJob('x', {}, { maxAttempts: 20 });
  await eventually('three attempts have failed, so that it waits for 4 s', () => process.mock.calls.length === 3);
  await eventually('the third is reported', async () => (await queue.getJobStatus(id)) === 'queued');
  await queue.cancelJob(id);
  expect(await queue.getJobStatus(id)).toBe('cancelled');
  await announcedOnce(cancelled, id);
  expect(process).toHaveBeenCalledTimes(3);
});

it('a processor hears of it by its next updateProgress, and its callbacks do not', async () => {
  class Counting extends BaseJobProcessor {
    caught: unknown;
    async process(job: Job): Promise<void> {
      try {
        for (let progress = 0; progress < 100; progress += 0.1) {
          this.updateProgress(job, progress);
          await sleep(20);
        }
      } catch (error) {
        this.caught = error;
        throw error;
      }
    }
  }
  const queue = await openQueue();
  const cancelled = cancellationsOf(queue);
  const callbacks = { onComplete: vi.fn<(result: unknown) => void>(), onError: vi.fn<(error: Error) => void>() };
  const processor = Object.assign(new Counting(), callbacks);
  queue.registerProcessor('x', processor);
  const { id } = await queue.addJob('x', {}, { maxAttempts: 1 });
  await eventually('it has begun', async () => ((await queue.getJob(id))?.progress ?? 0) > 0);
  await queue.cancelJob(id);
  await hasStatus(queue, id, 'cancelled');
  expect(processor.caught).toBeInstanceOf(JobCancelled);
  expect(processor.caught).toMatchObject({ code: 'cancelled', details: { id } });
  await announcedOnce(cancelled, id);
  expect([callbacks.onComplete.mock.calls, callbacks.onError.mock.calls]).toEqual([[], []]);
  expect((await queue.getJob(id))?.progress).toBeGreaterThan(0);
});

it('a processor can hear of it by its signal, and the process that runs it announces it', async () => {
  const name = ownQueue();
  const [runner, other] = [await openQueue({ queue: name }), await openQueue({ queue: name })];
  const [cancelled, cancelledByOther] = [cancellationsOf(runner), cancellationsOf(other)];
  runner.registerProcessor('x', {
    process: async ({ signal }) => await sleep(60_000, 'slept', signal === undefined ? {} : { signal }),
  });
  const { id } = await other.addJob('x', {});
  await hasStatus(other, id, 'processing');
  await other.cancelJob(id);
  await hasStatus(other, id, 'cancelled');
  await announcedOnce(cancelled, id);
  expect(cancelledByOther).toEqual([]);
});

it('a deaf processor is given up after 5 s with a warning, and keeps its place until it ends', { timeout: 90_000 }, async () => {
  const log = recordingLog();
  const queue = await openQueue({ concurrency: 1, log });
  const [gate, started] = [new Gate(), vi.fn<(data: unknown) => void>()];
  const onComplete = vi.fn<(result: unknown) => void>();
  queue.registerProcessor('deaf', {
    async process(job) {
      started(job.data);
      if (job.data === 'deaf') await gate.passed;
      return job.data as unknown;
    },
    onComplete,
  });
  const { id } = await queue.addJob('deaf', 'deaf');
  await hasStatus(queue, id, 'processing');
  const next = await queue.addJob('deaf', 'next');
  const askedAt = Date.now();
  await queue.cancelJob(id);
  await hasStatus(queue, id, 'cancelled');
  expect(Date.now() - askedAt).toBeGreaterThan(4900);
  expect(log.lines.filter((line) => line.startsWith('warn processor does not stop') && line.includes(id))).toHaveLength(1);
  await sleep(1000);
  expect(started.mock.calls).toEqual([['deaf']]);
  gate.open();
  await hasStatus(queue, next.id, 'completed');
  expect(await queue.getJobStatus(id)).toBe('cancelled');
  expect(onComplete.mock.calls).toEqual([['next']]);
});

it('a job that has ended stays as it is; an unknown one is an error', async () => {
  const queue = await openQueue();
  const cancelled = cancellationsOf(queue);
  queue.registerProcessor('x', { process: async () => await Promise.resolve(1) });
  const id = await addAndAwait(queue, 'x');
  await expect(queue.cancelJob(id)).resolves.toBeUndefined();
  expect(await queue.getJobStatus(id)).toBe('completed');
  await expect(queue.cancelJob('nobody')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('"nobody"') as string,
  });
  const elsewhere = await (await openQueue()).addJob('x', {});
  await expect(queue.cancelJob(elsewhere.id)).rejects.toMatchObject({ code: 'not-found' });
  expect(cancelled).toEqual([]);
});
