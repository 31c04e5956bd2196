/** How a cancel reaches a handler, and what is known of the job afterwards. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { HandlerLimit } from '../../src/activities/handler-limit.ts';
import { HandlerRegistry } from '../../src/activities/handler-registry.ts';
import type { JobHandle } from '../../src/client.ts';
import { defineJob, type JobSnapshot } from '../../src/contract/index.ts';
import { handle, type HandledJob, type HandlerContext, startWorker } from '../../src/worker.ts';
import { connectClient, eventually, ownQueue, runWorker, serverAddress, silentLog } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';

const input = z.unknown();
const JOBS = scaled(20, 200);

/** A worker whose heartbeats are held back for so long that no cancel comes with their answers. */
async function runWithoutHeartbeats(job: HandledJob): Promise<void> {
  const worker = await startWorker({
    registry: new HandlerRegistry([job]),
    limits: new Map([[job.contract.queue, new HandlerLimit(5)]]),
    server: { address: serverAddress(), namespace: 'default' },
    log: silentLog,
    workflows: undefined,
    shutdownGraceMs: 0,
    throttleMs: 600_000,
  });
  const running = worker.run();
  onTestFinished(async () => {
    worker.shutdown();
    await running;
  });
}

describe('a cancel', () => {
  test('reaches a handler in the process of its workflow without the answer to a heartbeat, and its record is kept', async () => {
    const contract = defineJob({ name: 'told', input, queue: ownQueue(), heartbeat: '10m' });
    let reason: unknown;
    const run = async (_input: unknown, { signal, progress, checkpoint }: HandlerContext): Promise<void> => {
      progress(40, 'half-way');
      checkpoint({ row: 4 });
      await sleep(60_000, undefined, { signal }).catch(() => (reason = signal.reason as unknown));
      throw new Error('stopped');
    };
    await runWithoutHeartbeats(handle(contract, run));
    const client = await connectClient();
    const job = await client.add(contract, {});
    await until(job, ({ status }) => status === 'processing');
    await job.cancel('enough');
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(reason).toMatchObject({ code: 'cancelled' });
    expect(await job.get()).toMatchObject({
      status: 'cancelled',
      cancelReason: 'enough',
      attempt: 1,
      progress: { percent: 40, message: 'half-way' },
      checkpoint: { row: 4 },
    });
  });
});

describe('after cancelled is shown', () => {
  test('nothing of the job asks for anything: the receiver’s last request is earlier than the end', async () => {
    const contract = defineJob({ name: 'asking', input, queue: ownQueue(), cleanUp: '1m' });
    const { url, lastRequests } = await receiver();
    const ask = async (jobId: string): Promise<void> => void (await (await fetch(`${url}/${jobId}`)).text());
    const run = async (_input: unknown, { jobId, signal }: HandlerContext): Promise<void> => {
      while (!signal.aborted) {
        await ask(jobId);
        await sleep(50);
      }
      await ask(jobId);
      signal.throwIfAborted();
    };
    await runWorker({ jobs: [handle(contract, run, { onCancel: (_input, { jobId }) => ask(jobId) })], concurrency: JOBS });
    const client = await connectClient();
    const jobs = await Promise.all(Array.from({ length: JOBS }, () => client.add(contract, {})));
    await eventually('every job to have asked', () => lastRequests.size === JOBS, 120_000);
    await Promise.all(jobs.map((job) => job.cancel()));
    await Promise.allSettled(jobs.map((job) => job.result()));
    await sleep(500);
    for (const { id, status, endedAt = '' } of await Promise.all(jobs.map((job) => job.get()))) {
      expect(status).toBe('cancelled');
      expect(lastRequests.get(id)).toBeLessThanOrEqual(Date.parse(endedAt));
    }
  }, 300_000);
});

/** An HTTP server that knows when each path was asked for last. */
async function receiver(): Promise<{ url: string; lastRequests: ReadonlyMap<string, number> }> {
  const lastRequests = new Map<string, number>();
  const server = createServer((request, response) => {
    lastRequests.set((request.url ?? '').slice(1), Date.now());
    response.end('noted');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, lastRequests };
}

async function until(job: JobHandle, condition: (snapshot: JobSnapshot) => boolean): Promise<JobSnapshot> {
  return await eventually('the job to be where the test needs it', async () => {
    const snapshot = await job.get();
    return condition(snapshot) && snapshot;
  });
}
