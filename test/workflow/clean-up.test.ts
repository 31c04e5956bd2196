/** Clean-up where worker and job do not quite agree, and what it costs. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { connectClient, eventually, ownQueue, runWorker, temporalClient } from '../support/jobs.ts';

const input = z.object({ n: z.number() });

async function untilStopped(_input: unknown, { signal }: HandlerContext): Promise<void> {
  await sleep(60_000, undefined, { signal });
}

function broken(): never {
  throw new Error('broken');
}

describe('clean-up', () => {
  test('runs for a job that another program started without options', async () => {
    const contract = defineJob({ name: 'foreign', input, queue: ownQueue(), cleanUp: '1m', retry: { maxAttempts: 1 } });
    const errors: unknown[] = [];
    await runWorker({ jobs: [handle(contract, broken, { onFail: (_input, { error }) => errors.push(error) })] });
    const { workflow } = await temporalClient();
    const job = await workflow.start('foreign', { workflowId: randomUUID(), taskQueue: contract.queue, args: [{ n: 1 }] });
    await expect(job.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(errors).toEqual([{ code: 'handler-failed', message: 'broken' }]);
  });

  test('has nothing to do for an input that never reached the handler', async () => {
    const contract = defineJob({ name: 'foreign', input, queue: ownQueue(), cleanUp: '1m' });
    let calls = 0;
    await runWorker({ jobs: [handle(contract, broken, { onFail: () => (calls += 1) })] });
    const { workflow } = await temporalClient();
    const job = await workflow.start('foreign', { workflowId: randomUUID(), taskQueue: contract.queue, args: ['no number'] });
    await expect(job.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    const client = await connectClient();
    expect(await client.get(job.workflowId)).toMatchObject({ status: 'failed', error: { code: 'invalid-input' } });
    expect(calls).toBe(0);
  });

  test.each([
    ['whose type has the other hook only', { cleanUp: '1m' as const }, { onFail: broken }],
    ['whose type has no clean-up any more', {}, undefined],
  ])('of a cancelled job %s ends at once', async (_which, more, hooks) => {
    const queue = ownQueue();
    const asAdded = defineJob({ name: 'changed', input, queue, cleanUp: '1m' });
    await runWorker({ jobs: [handle(defineJob({ name: 'changed', input, queue, ...more }), untilStopped, hooks)] });
    const client = await connectClient();
    const job = await client.add(asAdded, { n: 1 });
    await eventually('the handler to run', async () => (await job.get()).status === 'processing');
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('that waits for a worker says so', async () => {
    const contract = defineJob({
      name: 'waits',
      input,
      queue: ownQueue(),
      cleanUp: '1m',
      retry: { maxAttempts: 2, initialInterval: '1h' },
    });
    await runWorker({ jobs: [handle(contract, broken, { onFail: () => broken() })] });
    const client = await connectClient();
    const job = await client.add(contract, { n: 1 }, { maxAttempts: 1 });
    const waiting = await eventually('the clean-up to have failed once', async () => {
      const snapshot = await job.get();
      return snapshot.waitingFor?.code === 'retry' && snapshot;
    });
    expect(waiting).toMatchObject({ status: 'processing', attempts: [{ attempt: 1 }] });
    expect(waiting.waitingFor?.sentence).toMatch(/^Attempt 1 of 2 failed \(broken\); the next starts at /);
    await job.cancel();
    expect((await job.get()).waitingFor?.sentence).toMatch(/its clean-up failed \(broken\) and is tried again/);
  });
});
