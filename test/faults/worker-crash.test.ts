/** What `kill -9` of a worker costs its jobs: time, and nothing else. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { linesOf, ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';
import { steps } from './support/steps.mjs';

interface Start {
  readonly job: string;
  readonly attempt: number;
  readonly from: number;
  readonly pid: number;
  readonly at: number;
}

async function starts(log: string): Promise<Start[]> {
  return (await linesOf(log)).map((line) => JSON.parse(line) as Start);
}

describe('kill -9 of a worker', () => {
  test('its job goes on from the checkpoint, on another worker, within heartbeat timeout + backoff + 2 s, and no attempt is used up', async () => {
    const server = await ownServer();
    const client = await ownClient(server);
    const log = join(await ownFolder(), 'starts.log');
    const first = await startWorkerProcess({ address: server.address, log });
    const job = await client.add(steps, { count: 60, stepMs: 100 });
    const before = await eventually('a third of the work', async () => {
      const snapshot = await job.get();
      return (snapshot.progress?.percent ?? 0) > 33 && snapshot;
    });
    const second = await startWorkerProcess({ address: server.address, log });
    const killedAt = Date.now();
    await first.kill();

    const result = await job.result();
    const after = await job.get();
    const again = (await starts(log))[1];
    expect(result.count).toBe(60);
    // At most one second of ten steps is lost, plus the steps of one heartbeat.
    expect(result.from).toBeGreaterThanOrEqual(Math.floor(((before.progress?.percent ?? 0) * 60) / 100) - 12);
    expect(again).toMatchObject({ job: job.id, attempt: 1, pid: second.pid, from: result.from });
    expect((again?.at ?? 0) - killedAt).toBeLessThan(5000 + 1000 + 2000);
    expect(after).toMatchObject({ status: 'completed', attempt: 1, progress: { percent: 100 } });
    expect(after.attempts).toMatchObject([{ attempt: 1, outcome: 'died', error: { code: 'worker-died' } }]);
  });

  test('progress is shown while no worker is up, and never goes down over the crash', async () => {
    const server = await ownServer();
    const client = await ownClient(server);
    const log = join(await ownFolder(), 'starts.log');
    const worker = await startWorkerProcess({ address: server.address, log });
    const job = await client.add(steps, { count: 50, stepMs: 100 });
    const seen: number[] = [];
    const watching = (async () => {
      for await (const snapshot of job.watch()) seen.push(snapshot.progress?.percent ?? 0);
    })();
    await eventually('half of the work', async () => ((await job.get()).progress?.percent ?? 0) > 50);
    await worker.kill();
    const shown = await job.get();
    expect(shown.progress?.percent).toBeGreaterThan(50 - 12);
    await startWorkerProcess({ address: server.address, log });
    await job.result();
    await watching;
    expect(seen.at(-1)).toBe(100);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  });

  test('a job that was cancelled while its worker was dead never starts again', async () => {
    const server = await ownServer();
    const client = await ownClient(server);
    const log = join(await ownFolder(), 'starts.log');
    const worker = await startWorkerProcess({ address: server.address, log });
    const job = await client.add(steps, { count: 600, stepMs: 100 });
    const before = await eventually('some progress', async () => {
      const { progress } = await job.get();
      return progress !== null && progress.percent > 0 && progress;
    });
    await worker.kill();
    await job.cancel('not wanted any more');
    expect(await job.get()).toMatchObject({ status: 'cancelling' });
    await startWorkerProcess({ address: server.address, log });
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    const after = await job.get();
    expect(after).toMatchObject({ status: 'cancelled', cancelReason: 'not wanted any more', attempt: 1 });
    expect(after.progress?.percent, 'the record stays').toBeGreaterThanOrEqual(before.percent);
    expect(await starts(log)).toHaveLength(1);
  });
});
