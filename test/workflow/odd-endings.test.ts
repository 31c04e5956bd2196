/** Handlers that return or throw what nobody expects: each a clear failure, no job that is stuck or tried for ever. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob, JobError, type JobSnapshot } from '../../src/contract/index.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { connectClient, eventually, ownQueue, type RunningWorker, startWorker, temporalClient } from '../support/jobs.ts';

const queue = ownQueue();
const input = z.object({ does: z.string() });
const retry = { maxAttempts: 2, initialInterval: 1 } as const;
const odd = defineJob({ name: 'odd', input, queue, retry });
const strict = defineJob({ name: 'strict', input, output: z.object({ id: z.number() }), queue, retry });

const MILLIONS = 2_000_000;

function cyclic(): Error {
  const error = new Error('with a cycle of causes');
  error.cause = new Error('inner', { cause: error });
  return Object.assign(error, { self: error });
}

function unreadable(): Error {
  const error = new Error('x');
  const get = (): never => {
    throw new TypeError('not to be read');
  };
  for (const field of ['stack', 'message', 'name', 'code']) Object.defineProperty(error, field, { get });
  return error;
}

/* eslint-disable typescript/only-throw-error -- what a handler may do */
const deeds: Record<string, (context: HandlerContext) => unknown> = {
  'return a bigint': () => ({ big: 1n }),
  'return what the contract forbids': () => ({ id: 'seven' }),
  'report NaN': (context) => context.progress(Number.NaN),
  'report 101 %': (context) => context.progress(101),
  'keep too much': (context) => context.checkpoint('x'.repeat(70_000)),
  'keep a bigint': (context) => context.checkpoint(1n),
  'throw a failure that is final': () => {
    throw ApplicationFailure.nonRetryable('no way', 'E_FINAL');
  },
  'throw a final error of ours': () => {
    throw new JobError('not-found', 'No such mailbox.');
  },
  'throw a text': () => {
    throw 'just a text';
  },
  'throw undefined': () => {
    throw undefined;
  },
  'throw an object': () => {
    throw { reason: 'x' };
  },
  'throw a huge message': () => {
    throw new Error('語'.repeat(MILLIONS));
  },
  'throw a huge code': () => {
    throw Object.assign(new Error('x'), { code: 'C'.repeat(MILLIONS) });
  },
  'throw a cycle': () => {
    throw cyclic();
  },
  'throw what cannot be read': () => {
    throw unreadable();
  },
  'throw a message that is no text': () => {
    throw Object.assign(new Error('x'), { message: 42, stack: 43 });
  },
  'throw a frozen error': () => {
    throw Object.freeze(new Error('frozen'));
  },
};
/* eslint-enable typescript/only-throw-error */

let worker: RunningWorker;
beforeAll(async () => {
  const run = ({ does }: { does: string }, context: HandlerContext): never => deeds[does]?.(context) as never;
  worker = await startWorker({ jobs: [handle(odd, run), handle(strict, run)] });
});
afterAll(() => worker.stop());

async function ended(contract: typeof odd | typeof strict, does: string): Promise<JobSnapshot> {
  const client = await connectClient();
  const job = await client.add(contract, { does });
  await expect(job.result()).rejects.toBeInstanceOf(JobError);
  return await job.get();
}

describe('fails at once, since trying again cannot help, a handler that', () => {
  test.each([
    ['return a bigint', 'invalid-output', /^The output of "odd" cannot be written as JSON: .*BigInt/],
    ['return what the contract forbids', 'invalid-output', /^The output of "strict" does not match its contract\. id: /],
    ['report NaN', 'invalid-options', /^Expected progress to be a number from 0 to 100, got: NaN\.$/],
    ['report 101 %', 'invalid-options', /^Expected progress to be a number from 0 to 100, got: 101\.$/],
    ['keep too much', 'payload-too-large', /^The checkpoint of "odd" is 70002 bytes of JSON; at most 65536 can be carried/],
    ['keep a bigint', 'invalid-options', /^The checkpoint of "odd" cannot be written as JSON: /],
    ['throw a failure that is final', 'E_FINAL', /^no way$/],
    ['throw a final error of ours', 'not-found', /^No such mailbox\.$/],
  ])('does %s', async (does, code, message) => {
    const contract = does === 'return what the contract forbids' ? strict : odd;
    const error = { code, message: expect.stringMatching(message) as string };
    expect(await ended(contract, does)).toMatchObject({ status: 'failed', attempt: 1, error, attempts: [{ outcome: 'failed', error }] });
  });
});

describe('is tried again, and fails with maxAttempts, a handler that', () => {
  test.each([
    ['throw a text', 'handler-failed', /^just a text$/],
    ['throw undefined', 'handler-failed', /^No error message was given: undefined was thrown\.$/],
    ['throw an object', 'handler-failed', /^No error message was given: an object was thrown\.$/],
    ['throw a huge message', 'handler-failed', /^語{1000,4000}$/],
    ['throw a huge code', 'handler-failed', /^x$/],
    ['throw a cycle', 'handler-failed', /^with a cycle of causes$/],
    ['throw what cannot be read', 'handler-failed', /^No error message was given: an object was thrown\.$/],
    ['throw a message that is no text', 'handler-failed', /^No error message was given: Error was thrown\.$/],
    ['throw a frozen error', 'handler-failed', /^frozen$/],
  ])('does %s', async (does, code, message) => {
    const snapshot = await ended(odd, does);
    expect(snapshot).toMatchObject({
      status: 'failed',
      attempt: 2,
      error: { code, message: expect.stringMatching(message) as string },
      attempts: [
        { attempt: 1, error: { code } },
        { attempt: 2, error: { code } },
      ],
    });
    expect(Buffer.byteLength(JSON.stringify(snapshot.attempts))).toBeLessThanOrEqual(5120);
  });

  test('throws a huge message: while it waits for its next attempt, the beginning of the message is told', async () => {
    const client = await connectClient();
    const job = await client.add(
      { ...odd, retry: { ...odd.retry, initialIntervalMs: 3_600_000, maximumIntervalMs: 3_600_000 } },
      { does: 'throw a huge message' },
    );
    const snapshot = await eventually('job to be retrying', async () => {
      const now = await job.get();
      return now.status === 'retrying' && now;
    });
    expect(snapshot.waitingFor?.sentence).toMatch(/^Attempt 1 of 2 failed \(語{200}\); the next starts at /);
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('signals that make no sense do no harm', async () => {
  const { workflow } = await temporalClient();
  const workflowId = randomUUID();
  const job = await workflow.start('odd', {
    workflowId,
    taskQueue: queue,
    args: [{ does: 'throw a text' }, { retry: { maxAttempts: 1 } }],
  });
  for (const report of [
    [],
    [null],
    ['text'],
    [{ step: '1' }],
    [{ step: '1', progress: { percent: 'x' } }],
    [{ step: '1', progress: { percent: 1e9 } }],
  ])
    await job.signal('progress', ...report).catch(() => undefined);
  await expect(job.result()).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(await job.query('status')).toEqual({ status: 'failed', progress: null });
});
