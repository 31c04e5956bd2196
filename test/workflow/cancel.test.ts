/** How a cancel reaches a handler, and what is known of the job afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { HandlerLimit } from '../../src/activities/handler-limit.ts';
import { HandlerRegistry } from '../../src/activities/handler-registry.ts';
import type { JobHandle } from '../../src/client.ts';
import { defineJob, type JobSnapshot } from '../../src/contract/index.ts';
import { handle, type HandledJob, type HandlerContext, startWorker } from '../../src/worker.ts';
import { connectClient, eventually, ownQueue, serverAddress, silentLog } from '../support/jobs.ts';

const input = z.unknown();

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

async function until(job: JobHandle, condition: (snapshot: JobSnapshot) => boolean): Promise<JobSnapshot> {
  return await eventually('the job to be where the test needs it', async () => {
    const snapshot = await job.get();
    return condition(snapshot) && snapshot;
  });
}
