/** Jobs on a real server: added, processed, retried; callbacks and events. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { BaseJobProcessor, type Job, type JobOptions, JobQueue, type JobQueueOptions, type JobProcessor } from '../../src/job-queue.ts';
import { connectClient, eventually } from '../support/jobs.ts';
import { addAndAwait, Gate, hasStatus, openQueue, recordingLog } from './queues.ts';

/** Every event of the queue, as `event id status progress`. */
function eventsOf(queue: JobQueue): { readonly seen: string[] } {
  const seen: string[] = [];
  for (const event of ['completed', 'failed', 'progress', 'cancelled'] as const)
    queue.on(event, (job) => seen.push(`${event} ${job.type} ${job.status} ${job.progress}`));
  return { seen };
}

describe('a job', () => {
  it('is a snapshot when it is added, and whole when it is done', async () => {
    const queue = await openQueue();
    queue.registerProcessor('greet', {
      process: async (job: Job<{ name: string }>) => await Promise.resolve({ text: `Hi ${job.data.name}` }),
    });
    const added = await queue.addJob('greet', { name: 'Ada' }, { maxAttempts: 5 });
    expect(added).toMatchObject({ type: 'greet', data: { name: 'Ada' }, status: 'queued', progress: 0, attempts: 0, maxAttempts: 5 });
    await hasStatus(queue, added.id, 'completed');
    const job = await queue.getJob(added.id);
    expect(job).toMatchObject({
      id: added.id,
      type: 'greet',
      data: { name: 'Ada' },
      status: 'completed',
      progress: 100,
      attempts: 1,
      maxAttempts: 5,
    });
    expect(job?.result).toEqual({ text: 'Hi Ada' });
    const times = [added.createdAt, job?.createdAt, job?.startedAt, job?.completedAt].map((date) => date?.getTime() ?? Number.NaN);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[1]).toBe(times[0]);
    expect(added.status).toBe('queued');
  });

  it('is null when its id is unknown, or belongs to another queue', async () => {
    const [queue, other] = [await openQueue(), await openQueue()];
    const { id } = await other.addJob('x', {});
    expect([await queue.getJob('nobody'), await queue.getJobStatus('nobody'), await queue.getJob(id)]).toEqual([null, null, null]);
    await expect(queue.getJob('')).rejects.toThrow(/the id of a job to be a text/);
  });

  it('waits for a processor of its type while others are processed, and fails for nothing', async () => {
    const queue = await openQueue();
    queue.registerProcessor('known', { process: async () => await Promise.resolve('done') });
    const { id } = await queue.addJob('unknown', {}, { maxAttempts: 1 });
    await addAndAwait(queue, 'known');
    // A worker that does not have its processor takes it for a moment, says so, and leaves it.
    await eventually('it waits', async () => (await queue.getJobStatus(id)) === 'queued' && (await queue.getJob(id))?.attempts === 0);
    queue.registerProcessor('unknown', { process: async () => await Promise.resolve('at last') });
    await hasStatus(queue, id, 'completed');
    expect(await queue.getJob(id)).toMatchObject({ attempts: 1, result: 'at last' });
  });

  it('is given to the processor that was registered last', async () => {
    const queue = await openQueue();
    for (const name of ['first', 'second']) queue.registerProcessor('x', { process: async () => await Promise.resolve(name) });
    expect((await queue.getJob(await addAndAwait(queue, 'x')))?.result).toBe('second');
  });

  it.each([
    { priority: 12, name: 'highest' },
    { priority: 10, name: 'highest' },
    { priority: 9, name: 'high' },
    { priority: 1, name: 'high' },
    { priority: 0, name: 'normal' },
    { priority: undefined, name: 'normal' },
    { priority: -1, name: 'low' },
    { priority: -9, name: 'low' },
    { priority: -10, name: 'lowest' },
  ])('of priority $priority is $name on the server', async ({ priority, name }) => {
    const [queue, client] = [await openQueue(), await connectClient()];
    const { id } = await queue.addJob('x', {}, { priority });
    expect((await client.get(id))?.priority).toBe(name);
  });

  it('starts after its delay', async () => {
    const queue = await openQueue();
    queue.registerProcessor('x', { process: async () => await Promise.resolve(Date.now()) });
    const { id, createdAt } = await queue.addJob('x', {}, { delay: 1500 });
    expect([await queue.getJobStatus(id), (await queue.getStats()).delayed]).toEqual(['queued', 1]);
    await hasStatus(queue, id, 'completed');
    const job: Job<object, number> | null = await queue.getJob(id);
    expect((job?.result ?? 0) - createdAt.getTime()).toBeGreaterThanOrEqual(1500);
  });

  it.each<{ why: string; data?: unknown; options?: unknown; message: RegExp }>([
    { why: 'a function', data: () => 1, message: /data of "x" is a function, which JSON would turn into nothing/ },
    { why: 'a bigint', data: { n: 1n }, message: /data of "x" cannot be written as JSON/ },
    { why: 'a circle', data: circle(), message: /cannot be written as JSON/ },
    { why: 'too much', data: 'x'.repeat(2_000_000), message: /can be carried/ },
    { why: 'NaN as delay', options: { delay: Number.NaN }, message: /delay to be a number/ },
    { why: 'a wrong name', options: { retries: 1 }, message: /Unknown job options: "retries"/ },
    { why: 'no attempts', options: { maxAttempts: 0 }, message: /maxAttempts/ },
  ])('is refused with $why', async ({ data = {}, options, message }) => {
    const queue = await openQueue();
    await expect(queue.addJob('x', data, options as JobOptions)).rejects.toThrow(message);
  });

  function circle(): object {
    const object: { self?: object } = {};
    object.self = object;
    return object;
  }
});

describe('the result', () => {
  class Completing extends BaseJobProcessor {
    async process(job: Job<{ returns?: string }>): Promise<unknown> {
      this.handleComplete(job, 'handed over');
      return await Promise.resolve(job.data.returns);
    }
  }

  it('is the value given to handleComplete when process returns nothing, else the returned one; onComplete gets it once', async () => {
    const queue = await openQueue();
    const onComplete = vi.fn<(result: unknown) => void>();
    queue.registerProcessor('x', Object.assign(new Completing(), { onComplete }));
    const first = await addAndAwait(queue, 'x');
    const second = await addAndAwait(queue, 'x', { data: { returns: 'returned' } });
    expect([(await queue.getJob(first))?.result, (await queue.getJob(second))?.result]).toEqual(['handed over', 'returned']);
    expect(onComplete.mock.calls).toEqual([['handed over'], ['returned']]);
  });

  it('fails the attempt when JSON cannot carry it', async () => {
    const queue = await openQueue();
    const [onComplete, onError] = [vi.fn<(result: unknown) => void>(), vi.fn<(error: Error) => void>()];
    queue.registerProcessor('x', { process: async () => await Promise.resolve({ n: 1n }), onComplete, onError });
    const id = await addAndAwait(queue, 'x', { status: 'failed', maxAttempts: 1 });
    expect((await queue.getJob(id))?.error).toMatch(/cannot be written as JSON/);
    expect([onComplete.mock.calls.length, onError.mock.calls.length]).toEqual([0, 1]);
  });
});

describe('a failed attempt', () => {
  it('is tried again, told to onError first, and ends as failed when attempts are used up', async () => {
    const queue = await openQueue();
    const order: string[] = [];
    const { seen } = eventsOf(queue);
    queue.registerProcessor('x', {
      async process(job) {
        order.push(`attempt ${job.attempts}`);
        await Promise.reject(new Error(`no route ${job.attempts}`));
      },
      async onError(error) {
        await sleep(300);
        order.push(`told of ${error.message}`);
      },
    });
    const { id } = await queue.addJob('x', {}, { maxAttempts: 2 });
    await eventually('the second attempt is over', () => order.length === 4);
    await hasStatus(queue, id, 'failed');
    expect(order).toEqual(['attempt 1', 'told of no route 1', 'attempt 2', 'told of no route 2']);
    expect(await queue.getJob(id)).toMatchObject({ status: 'failed', error: 'no route 2', attempts: 2, maxAttempts: 2 });
    await eventually('the event', () => seen.length > 0);
    expect(seen).toEqual(['failed x failed 0']);
  });

  it('can be followed by one that completes, with the progress kept', async () => {
    const queue = await openQueue();
    const onProgress = vi.fn<(progress: number) => void>();
    queue.registerProcessor('x', {
      async process(job) {
        for (const progress of job.attempts === 1 ? [60] : [30, 60.5]) job.updateProgress(progress);
        if (job.attempts === 1) await Promise.reject(new Error('once'));
        return job.progress;
      },
      onProgress,
    });
    const id = await addAndAwait(queue, 'x');
    expect(await queue.getJob(id)).toMatchObject({ attempts: 2, result: 60.5 });
    expect(onProgress.mock.calls).toEqual([[60], [60.5]]);
  });

  it('is one that took longer than its timeout, deaf or not', async () => {
    const log = recordingLog();
    const queue = await openQueue({ log });
    const gate = new Gate();
    const onError = vi.fn<(error: Error) => void>();
    queue.registerProcessor('deaf', { process: async () => await gate.passed, onError });
    const { id } = await queue.addJob('deaf', {}, { maxAttempts: 1, timeout: 300 });
    await hasStatus(queue, id, 'failed');
    gate.open();
    expect((await queue.getJob(id))?.error).toMatch(/longer than its timeout of 300 ms/);
    expect(onError).toHaveBeenCalledTimes(1);
    expect(log.lines.join('\n')).toMatch(/warn processor does not stop/);
  });

  it('is told to onError once when the processor calls handleError and throws', async () => {
    class Reporting extends BaseJobProcessor {
      async process(job: Job<{ throws: boolean }>): Promise<string> {
        const error = new Error('no route');
        this.handleError(job, error);
        if (job.data.throws) await Promise.reject(error);
        return job.status;
      }
    }
    const queue = await openQueue();
    const onError = vi.fn<(error: Error) => void>();
    queue.registerProcessor('x', Object.assign(new Reporting(), { onError }));
    const failed = await addAndAwait(queue, 'x', { data: { throws: true }, status: 'failed', maxAttempts: 1 });
    const completed = await addAndAwait(queue, 'x', { data: { throws: false } });
    expect((await queue.getJob(failed))?.error).toBe('no route');
    expect((await queue.getJob(completed))?.result).toBe('failed');
    expect(onError).toHaveBeenCalledTimes(2);
  });
});

describe('callbacks and listeners', () => {
  it('that throw are logged and change nothing', async () => {
    const log = recordingLog();
    const queue = await openQueue({ log });
    const fail = (what: string) => (): never => {
      throw new Error(`${what} is broken`);
    };
    const processor: JobProcessor = {
      async process(job) {
        job.updateProgress(10);
        if (job.attempts === 1) await Promise.reject(new Error('once'));
        return 'done';
      },
      onProgress: fail('onProgress'),
      onComplete: fail('onComplete'),
      onError: async () => await Promise.reject(new Error('onError is broken')),
    };
    queue.registerProcessor('x', processor);
    queue.on('progress', fail('progress listener')).on('completed', fail('completed listener'));
    const id = await addAndAwait(queue, 'x');
    expect((await queue.getJob(id))?.result).toBe('done');
    await eventually('the listener of completed was called', () => log.lines.some((line) => line.includes('completed listener')));
    for (const what of ['onProgress', 'onComplete', 'onError', 'progress listener'])
      expect(log.lines.filter((line) => line.startsWith('warn') && line.includes(`${what} is broken`)).length).toBeGreaterThan(0);
  });

  it('hear of progress and of the end, when the server knows it, once', async () => {
    const queue = await openQueue();
    const { seen } = eventsOf(queue);
    const atEvent: (string | null)[] = [];
    queue.on('completed', (job) => void queue.getJobStatus(job.id).then((status) => atEvent.push(status)));
    queue.registerProcessor('x', {
      async process(job) {
        for (const progress of [20, 10, 90]) job.updateProgress(progress);
        await Promise.resolve();
      },
    });
    await addAndAwait(queue, 'x');
    await eventually('the status at the event', () => atEvent.length === 1);
    await sleep(300);
    expect(seen).toEqual(['progress x processing 20', 'progress x processing 90', 'completed x completed 100']);
    expect(atEvent).toEqual(['completed']);
  });

  it('see the running job on the server as the processor reports it', async () => {
    const queue = await openQueue();
    const gate = new Gate();
    queue.registerProcessor('x', {
      async process(job) {
        job.updateProgress(42.5);
        await gate.passed;
      },
    });
    const { id } = await queue.addJob('x', {});
    await eventually('the progress', async () => (await queue.getJob(id))?.progress === 42.5);
    expect(await queue.getJob(id)).toMatchObject({ status: 'processing', attempts: 1, progress: 42.5 });
    gate.open();
    await hasStatus(queue, id, 'completed');
  });
});

describe('progress in a processor', () => {
  it('outside 0–100 is a RangeError', async () => {
    const queue = await openQueue();
    queue.registerProcessor('x', {
      async process(job) {
        try {
          job.updateProgress(101);
        } catch (error) {
          return await Promise.resolve(error instanceof RangeError && error.message);
        }
        return 'taken';
      },
    });
    expect((await queue.getJob(await addAndAwait(queue, 'x')))?.result).toMatch(/from 0 to 100, got: 101/);
  });
});

describe('many jobs', () => {
  it('120 at once are all processed, never more than five at a time', async () => {
    const queue = await openQueue();
    let [running, most] = [0, 0];
    queue.registerProcessor('x', {
      async process(job: Job<{ n: number }>) {
        most = Math.max(most, (running += 1));
        // The first ones wait for company: otherwise a quick machine would never run five.
        if (job.data.n < 10) await eventually('five run', () => most === 5);
        await sleep(5);
        running -= 1;
        return job.data.n;
      },
    });
    const completed: unknown[] = [];
    queue.on('completed', (job: Job<object, number>) => completed.push(job.result));
    const numbers = Array.from({ length: 120 }, (_, n) => n);
    await Promise.all(numbers.map((n) => queue.addJob('x', { n })));
    await eventually('all are done', () => completed.length === 120, 50_000);
    expect(completed.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers);
    expect(most).toBe(5);
    expect(await queue.getStats()).toEqual({ waiting: 0, active: 0, delayed: 0, completed: 120, failed: 0, cancelled: 0 });
  });
});

describe('the options of a queue', () => {
  it.each<{ options: unknown; message: RegExp }>([
    {
      options: { concurency: 3 },
      message: /Unknown job queue options: "concurency"\. Known are: queue, concurrency, temporal, dataDir, log/,
    },
    { options: { concurrency: 0 }, message: /concurrency to be a whole number from 1/ },
    { options: { queue: '' }, message: /queue to be a text/ },
    { options: { temporal: { adress: 'x' } }, message: /Unknown temporal options: "adress"/ },
    { options: { dataDir: 7 }, message: /dataDir to be a text/ },
  ])('$options are refused', ({ options, message }) => {
    expect(() => new JobQueue(options as JobQueueOptions)).toThrow(message);
  });

  it.each<{ type: string; processor: unknown; message: RegExp }>([
    { type: 'x', processor: {}, message: /the processor of "x" to be an object with a method process/ },
    { type: 'x', processor: undefined, message: /processor of "x"/ },
    { type: 'two words', processor: { process: () => 1 }, message: /name of a job type/ },
    { type: 'analyse-repositories', processor: { process: () => 1 }, message: /comes with Holdfast/ },
  ])('a processor of $type is refused', ({ type, processor, message }) => {
    expect(() => new JobQueue().registerProcessor(type, processor as JobProcessor)).toThrow(message);
  });
});
