/** A handler that blocks the event loop of its worker: its job says so, and is not taken for one whose worker has died. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobClient } from '../../src/client.ts';
import { eventually } from '../support/jobs.ts';
import { burn } from './support/burn.mjs';
import { linesOf, ownClient, ownFolder, ownServer, startWorkerProcess, type WorkerProcess } from './support/processes.ts';

/** The SDK gives an attempt up 5 s after its heartbeat timeout of 5 s; this is longer. */
const LONG_MS = 11_000;

interface Setting {
  readonly client: JobClient;
  readonly worker: WorkerProcess;
  /** Pids of the workers that called the handler of a job, in order. */
  readonly callsOf: (job: string) => Promise<readonly number[]>;
  readonly anotherWorker: () => Promise<WorkerProcess>;
}

async function setting(concurrency = 5): Promise<Setting> {
  const server = await ownServer();
  const log = join(await ownFolder(), 'calls.log');
  const start = (): Promise<WorkerProcess> => startWorkerProcess({ address: server.address, log, concurrency });
  const [client, worker] = await Promise.all([ownClient(server), start()]);
  return {
    client,
    worker,
    anotherWorker: start,
    async callsOf(job) {
      const calls = (await linesOf(log)).map((line) => JSON.parse(line) as { job: string; pid: number });
      return calls.filter((call) => call.job === job).map(({ pid }) => pid);
    },
  };
}

describe('a blocked event loop', () => {
  test('costs no attempt, is said in the log, and its other jobs live on', async () => {
    const { client, worker, callsOf } = await setting();
    const beside = await client.add(burn, { blockMs: 0, restMs: LONG_MS });
    await eventually('the other job runs', async () => (await callsOf(beside.id)).length === 1);
    const blocking = await client.add(burn, { blockMs: LONG_MS, restMs: 200 });
    expect(await Promise.all([beside.result(), blocking.result()])).toEqual([{ slices: 1 }, { slices: 1 }]);
    expect((await blocking.get()).attempts).toEqual([]);
    expect((await beside.get()).attempts).toEqual([]);
    expect([await callsOf(beside.id), await callsOf(blocking.id)]).toEqual([[worker.pid], [worker.pid]]);
    expect(worker.log()).toMatch(/event loop blocked for 11(\.\d)? s/);
    expect(worker.log()).toContain(blocking.id);
  });

  test('a job that was given to it meanwhile goes to another worker, and its handler is called once', async () => {
    const { client, callsOf } = await setting();
    const [first, second] = await Promise.all([client.add(burn, { blockMs: 7000 }), client.add(burn, { blockMs: 7000 })]);
    await Promise.all([first.result(), second.result()]);
    expect([(await callsOf(first.id)).length, (await callsOf(second.id)).length]).toEqual([1, 1]);
  });

  test('for longer than the timeout uses up an attempt, and the next one runs elsewhere while it is still blocked', async () => {
    // A blocked process with free places would be given the job again, and keep it until its heartbeat timeout, for each of them.
    const { client, worker, callsOf, anotherWorker } = await setting(1);
    const job = await client.add(burn, { blockMs: 60_000 }, { timeout: '3s', maxAttempts: 2 });
    await eventually('the first call', async () => (await callsOf(job.id)).length === 1);
    const other = await anotherWorker();
    await eventually('the second call', async () => (await callsOf(job.id)).length === 2);
    await anotherWorker();
    await expect(job.result()).rejects.toMatchObject({ code: 'timed-out' });
    expect(await callsOf(job.id)).toEqual([worker.pid, other.pid]);
    expect(await job.get()).toMatchObject({
      status: 'failed',
      attempt: 2,
      attempts: [
        { attempt: 1, outcome: 'timed-out' },
        { attempt: 2, outcome: 'timed-out' },
      ],
    });
  });

  test('a handler that comes back after its timeout has timed out, whatever it returns', async () => {
    const { client } = await setting();
    const job = await client.add(burn, { blockMs: 1500 }, { timeout: '1s', maxAttempts: 1 });
    await expect(job.result()).rejects.toMatchObject({ code: 'timed-out' });
    expect((await job.get()).attempts).toMatchObject([{ attempt: 1, outcome: 'timed-out' }]);
  });

  test('a cancel reaches the handler afterwards, though the SDK has given the attempt up', async () => {
    const { client, worker } = await setting();
    const job = await client.add(burn, { blockMs: LONG_MS, restMs: 60_000 });
    await eventually('the end of the block', () => worker.log().includes('event loop blocked'));
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect((await job.get()).attempts).toEqual([]);
  });

  test('a shutdown reaches it as well, and uses up no attempt', async () => {
    const { client, worker, anotherWorker } = await setting();
    const job = await client.add(burn, { blockMs: LONG_MS, restMs: 6000 }, { maxAttempts: 1 });
    await eventually('the end of the block', () => worker.log().includes('event loop blocked'));
    const stopped = worker.stop();
    await anotherWorker();
    expect(await stopped).toBe(0);
    expect(await job.result()).toEqual({ slices: 1 });
    expect(await job.get()).toMatchObject({ attempt: 1, attempts: [{ outcome: 'shutdown' }] });
  });
});
