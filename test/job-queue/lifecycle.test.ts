/** The queue object itself: before `initialize`, after `close`, what it starts and what it leaves behind. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type JobQueue, jobQueue } from '../../src/job-queue.ts';
import { eventually, ownQueue, serverAddress } from '../support/jobs.ts';
import { makeProject, startProgram } from './programs.ts';
import { addAndAwait, Gate, hasStatus, newQueue, openQueue, recordingLog } from './queues.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Every call that needs the server. */
function callsOf(queue: JobQueue): Promise<unknown>[] {
  return [queue.addJob('x', {}), queue.getJob('x'), queue.getJobStatus('x'), queue.cancelJob('x'), queue.getStats(), queue.cleanup(0)];
}

describe('before initialize', () => {
  it('every call says what to do, and nothing was connected', async () => {
    for (const call of callsOf(jobQueue))
      await expect(call).rejects.toMatchObject({
        name: 'JobError',
        message: 'The job queue is not connected yet. Call and await initialize() first.',
      });
    await expect(jobQueue.close()).resolves.toBeUndefined();
    expect(process.listenerCount('SIGTERM')).toBe(0);
  });

  it('processors can be registered; they start with it', async () => {
    const queue = newQueue();
    queue.registerProcessor('x', { process: async () => await Promise.resolve('done') });
    await queue.initialize();
    expect((await queue.getJob(await addAndAwait(queue, 'x')))?.result).toBe('done');
  });
});

describe('initialize', () => {
  it('twice, or several at once, is once', async () => {
    const log = recordingLog();
    const queue = newQueue({ log });
    await Promise.all([queue.initialize(), queue.initialize(), queue.initialize()]);
    await queue.initialize();
    expect(log.lines.filter((line) => line.includes('uses the Temporal server'))).toHaveLength(1);
  });

  it('says once that REDIS_URL is not used, if it is set', async () => {
    const [without, log] = [recordingLog(), recordingLog()];
    await openQueue({ log: without });
    vi.stubEnv('REDIS_URL', 'redis://localhost:6379');
    await openQueue({ log });
    expect([without, log].map(({ lines }) => lines.filter((line) => line.includes('REDIS_URL')))).toEqual([
      [],
      ['info REDIS_URL is not used: jobs are kept by Temporal {}'],
    ]);
  });

  it('that fails says where, and can be tried again', { timeout: 120_000 }, async () => {
    const queue = newQueue({ temporal: { address: '127.0.0.1:1' } });
    for (const _ of [1, 2])
      await expect(queue.initialize()).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('127.0.0.1:1') as string,
      });
    await expect(queue.getStats()).rejects.toThrow(/not connected yet/);
  });
});

describe('close', () => {
  it('lets running processors and their jobs end, starts no others, and keeps what waits', async () => {
    const name = ownQueue();
    const [queue, reader] = [await openQueue({ queue: name, concurrency: 1 }), await openQueue({ queue: name })];
    const [gate, completed, followUps]: [Gate, string[], string[]] = [new Gate(), [], []];
    queue.on('completed', (job) => completed.push(job.id));
    queue.registerProcessor('x', {
      async process(job) {
        await gate.passed;
        followUps.push((await queue.addJob('follow-up', { of: job.id })).id);
        return 'done';
      },
    });
    const first = await queue.addJob('x', {});
    await hasStatus(queue, first.id, 'processing');
    const second = await queue.addJob('x', {});
    const closed = Promise.all([queue.close(), queue.close()]);
    await sleep(500);
    gate.open();
    await closed;
    expect(await reader.getJob(first.id)).toMatchObject({ status: 'completed', result: 'done', attempts: 1 });
    expect(completed).toEqual([first.id]);
    const waiting = await Promise.all([second.id, ...followUps].map((id) => reader.getJob(id)));
    expect(waiting.map((job) => [job?.status, job?.attempts])).toEqual([
      ['queued', 0],
      ['queued', 0],
    ]);
  });

  it('makes every call say so until initialize opens it again, with its processors', async () => {
    const queue = await openQueue();
    queue.registerProcessor('x', { process: async () => await Promise.resolve('done') });
    await addAndAwait(queue, 'x');
    await queue.close();
    await queue.close();
    for (const call of callsOf(queue)) await expect(call).rejects.toThrow('The job queue is closed. Call initialize() to open it again.');
    expect(process.listenerCount('SIGTERM')).toBe(0);
    await queue.initialize();
    await addAndAwait(queue, 'x');
    expect((await queue.getStats()).completed).toBe(2);
  });
});

describe('cleanup', () => {
  it('removes what ended before, waits until it is gone, and leaves the rest', { timeout: 120_000 }, async () => {
    const [queue, other] = [await openQueue(), await openQueue()];
    for (const each of [queue, other])
      each.registerProcessor('x', {
        process: async (job) => await (job.data === 'fails' ? Promise.reject(new Error('no route')) : Promise.resolve()),
      });
    const gone = [await addAndAwait(queue, 'x'), await addAndAwait(queue, 'x', { data: 'fails', status: 'failed', maxAttempts: 1 })];
    const kept = await addAndAwait(other, 'x');
    const { id: waiting } = await queue.addJob('x', {}, { delay: 3_600_000 });
    await queue.cleanup(3_600_000);
    expect((await queue.getStats()).completed).toBe(1);
    await queue.cleanup(0);
    expect(await queue.getStats()).toEqual({ waiting: 0, active: 0, delayed: 1, completed: 0, failed: 0, cancelled: 0 });
    expect(await Promise.all(gone.map((id) => queue.getJob(id)))).toEqual([null, null]);
    expect([await other.getJobStatus(kept), await queue.getJobStatus(waiting)]).toEqual(['completed', 'queued']);
    for (const age of [-1, Number.NaN, '1d'])
      await expect(queue.cleanup(age as number)).rejects.toThrow(/the age of jobs to clean up to be a number of milliseconds/);
  });
});

describe('getStats', () => {
  it('has each job right after it was added, though the index of the server lags', async () => {
    const queue = await openQueue();
    const counts: number[] = [];
    for (let n = 1; n <= 15; n += 1) {
      await queue.addJob('x', {}, n % 2 === 0 ? { delay: 60_000 } : {});
      const { waiting, delayed } = await queue.getStats();
      counts.push(waiting + delayed);
    }
    expect(counts).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
  });

  it('has what was done just before, in each state', async () => {
    const queue = await openQueue({ concurrency: 2 });
    const gate = new Gate();
    queue.registerProcessor('x', {
      async process(job) {
        if (job.data === 'waits') await gate.passed;
        if (job.data === 'fails') throw new Error('no route');
      },
    });
    for (const data of ['', '', 'fails'])
      await addAndAwait(queue, 'x', { data, maxAttempts: 1, status: data === 'fails' ? 'failed' : 'completed' });
    expect(await queue.getStats()).toEqual({ waiting: 0, active: 0, delayed: 0, completed: 2, failed: 1, cancelled: 0 });
    await queue.cancelJob((await queue.addJob('x', '', { delay: 60_000 })).id);
    await queue.addJob('x', '', { delay: 60_000 });
    const running = await Promise.all(['waits', 'waits'].map((data) => queue.addJob('x', data)));
    for (const { id } of running) await hasStatus(queue, id, 'processing');
    for (let n = 0; n < 3; n += 1) await queue.addJob('x', '');
    expect(await queue.getStats()).toEqual({ waiting: 3, active: 2, delayed: 1, completed: 2, failed: 1, cancelled: 1 });
    gate.open();
    await eventually('all are done', async () => (await queue.getStats()).completed === 7);
  });
});

describe('a queue on its own server', () => {
  it('keeps its jobs over close and initialize', { timeout: 120_000 }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-queue-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
    const log = recordingLog();
    const options = { temporal: undefined, dataDir, log, queue: ownQueue() };
    const before = newQueue(options);
    before.registerProcessor('ends', { process: async () => await Promise.resolve({ rows: 3 }) });
    await before.initialize();
    const ended = await addAndAwait(before, 'ends');
    const { id } = await before.addJob('waits', { n: 1 });
    await before.close();
    const after = newQueue(options);
    await after.initialize();
    expect(await after.getJob(ended)).toMatchObject({ status: 'completed', result: { rows: 3 } });
    expect(await after.getJobStatus(id)).toBe('queued');
    after.registerProcessor('waits', { process: async (job) => await Promise.resolve(job.data as unknown) });
    await hasStatus(after, id, 'completed');
    expect((await after.getJob(id))?.result).toEqual({ n: 1 });
    expect(log.lines.filter((line) => line.includes('job queue started its own Temporal server'))).toHaveLength(2);
  });
});

describe('a program that does nothing about signals', () => {
  it('lets its jobs end at SIGTERM, then ends by it', { timeout: 120_000 }, async () => {
    const [folder, queue] = [await makeProject(), ownQueue()];
    await copyFile(join(import.meta.dirname, 'working-program.mjs'), join(folder, 'working-program.mjs'));
    const reader = await openQueue({ queue });
    const program = startProgram(folder, ['working-program.mjs'], { TEMPORAL_ADDRESS: serverAddress(), QUEUE: queue });
    const { id } = await reader.addJob('slow', {});
    await program.hasSaid('attempt 1 begins');
    program.child.kill('SIGTERM');
    const { signal, output } = await program.ended;
    expect([signal, output]).toEqual(['SIGTERM', 'attempt 1 begins\nattempt ends\n']);
    expect(await reader.getJob(id)).toMatchObject({ status: 'completed', result: 'done', attempts: 1 });
  });

  it('and has a worker besides its queue lets both end, and what comes after the worker', { timeout: 120_000 }, async () => {
    const [folder, queue] = [await makeProject(), ownQueue()];
    await copyFile(join(import.meta.dirname, 'working-program-with-worker.mjs'), join(folder, 'program.mjs'));
    const program = startProgram(folder, ['program.mjs'], { TEMPORAL_ADDRESS: serverAddress(), QUEUE: queue });
    await program.hasSaid('attempt begins');
    program.child.kill('SIGTERM');
    const { code, output } = await program.ended;
    expect([code, output]).toEqual([0, 'attempt begins\nattempt ends\nworker ended\n']);
  });
});
