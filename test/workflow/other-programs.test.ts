/** Jobs that other programs start, end and ask after with Temporal's own SDK and command line. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';
import { findServerBinary } from '../../src/embedded/binary.ts';
import { installRuntime } from '../../src/worker/runtime.ts';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import {
  connectClient,
  eventually,
  gate,
  type Gate,
  ownQueue,
  type RunningWorker,
  serverAddress,
  silentLog,
  startWorker,
  temporalClient,
} from '../support/jobs.ts';

const queue = ownQueue();
const sendEmail = defineJob({
  name: 'send-email',
  input: z.object({ to: z.email(), does: z.string().default('send') }),
  queue,
  retry: { maxAttempts: 2, initialInterval: 1 },
  timeout: 5000,
});
const gates = new Map<string, Gate>();

async function send({ to, does }: { to: string; does: string }, context: HandlerContext): Promise<unknown> {
  if (does === 'fail') throw new Error('smtp is away');
  if (does === 'wait') {
    context.progress(25, 'connecting');
    await gates.get(context.jobId)?.opened;
  }
  if (does === 'sleep')
    await new Promise((_resolve, reject) => context.signal.addEventListener('abort', () => reject(new Error('stopped'))));
  return { to, attempt: context.attempt, maxAttempts: context.maxAttempts };
}

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({ jobs: [handle(sendEmail, send)], concurrency: 20 });
});
afterAll(() => worker.stop());

/** Starts a job as a program would that knows nothing of us. */
async function start(args: unknown[], taskQueue = queue): Promise<WorkflowHandle> {
  const { workflow } = await temporalClient();
  const workflowId = randomUUID();
  gates.set(workflowId, gate());
  return await workflow.start('send-email', { workflowId, taskQueue, args });
}

describe('a job started with the plain SDK', () => {
  test('runs with the settings of its contract', async () => {
    const job = await start([{ to: 'a@b.example' }]);
    expect(await job.result()).toEqual({ to: 'a@b.example', attempt: 1, maxAttempts: 2 });
    const client = await connectClient();
    expect(await client.get(job.workflowId)).toMatchObject({
      type: 'send-email',
      status: 'completed',
      maxAttempts: 2,
      tags: [],
      priority: 'normal',
    });
  });

  test('fails after the attempts of its contract', async () => {
    const job = await start([{ to: 'a@b.example', does: 'fail' }]);
    await expect(job.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    const client = await connectClient();
    expect(await client.get(job.workflowId)).toMatchObject({ status: 'failed', attempt: 2, attempts: [{ attempt: 1 }, { attempt: 2 }] });
  });

  test('with input that does not match fails at once', async () => {
    const job = await start([{ to: 'nobody' }]);
    await expect(job.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    const client = await connectClient();
    expect(await client.get(job.workflowId)).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: {
        code: 'invalid-input',
        message: expect.stringMatching(/^The input of "send-email" does not match its contract\. to: /) as string,
      },
    });
  });

  test.each([
    [{ retry: { maxAttempts: 0 } }, 'Expected retry.maxAttempts to be a whole number from 1 to 1000, got: 0.'],
    [{ retry: null }, 'Expected retry in run options to be an object, got: null.'],
    [{ timeoutMs: -1 }, 'Expected timeoutMs to be a whole number from 1 to 2073600000, got: -1.'],
    [{ timeoutMs: '5s' }, 'Expected timeoutMs to be a whole number from 1 to 2073600000, got: "5s".'],
    [{ heartbeatMs: 0 }, 'Expected heartbeatMs to be a whole number from 1000 to 600000, got: 0.'],
    ['fast', 'Expected run options to be an object, got: "fast".'],
  ])('with the run options %j fails at once', async (options, message) => {
    const job = await start([{ to: 'a@b.example' }, options]);
    await expect(job.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    const client = await connectClient();
    expect(await client.get(job.workflowId)).toMatchObject({ status: 'failed', attempt: 0, error: { code: 'invalid-options', message } });
  });

  test('with run options that make sense runs with them', async () => {
    const job = await start([
      { to: 'a@b.example', does: 'sleep' },
      { retry: { maxAttempts: 1 }, timeoutMs: 100, ofTheFuture: true },
    ]);
    await expect(job.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    const client = await connectClient();
    expect(await client.get(job.workflowId)).toMatchObject({ status: 'failed', maxAttempts: 1, error: { code: 'timed-out' } });
  });

  test('and terminated there has failed, with the reason', async () => {
    const job = await start([{ to: 'a@b.example', does: 'wait' }]);
    const client = await connectClient();
    await eventually('the handler to run', async () => (await client.get(job.workflowId))?.status === 'processing');
    await job.terminate('by an operator');
    expect(await client.get(job.workflowId)).toMatchObject({
      status: 'failed',
      error: { code: 'terminated', message: 'by an operator' },
      steps: [],
    });
    await expect(client.result(job.workflowId)).rejects.toMatchObject({ code: 'terminated', message: 'by an operator' });
  });
});

describe('the queries status and progress are answered', () => {
  test('to the plain SDK and the command line, of a job that runs and of one that completed', async () => {
    const job = await start([{ to: 'a@b.example', does: 'wait' }]);
    const running = { status: 'processing', progress: { percent: 25, message: 'connecting' } };
    await eventually('the first report', async () => (await job.query<{ progress: unknown }>('status')).progress !== null);
    expect(await job.query('status')).toEqual(running);
    expect(await job.query('progress')).toEqual(running.progress);
    expect(await askedByCommandLine(job.workflowId, 'status')).toEqual(running);
    expect(await askedByCommandLine(job.workflowId, 'progress')).toEqual(running.progress);
    gates.get(job.workflowId)?.open();
    await job.result();
    expect(await job.query('status')).toEqual({ status: 'completed', progress: { percent: 100, message: 'connecting' } });
    expect(await askedByCommandLine(job.workflowId, 'progress')).toEqual({ percent: 100, message: 'connecting' });
  });

  test('of a job that waits, of one that failed and of one that was cancelled', async () => {
    const waiting = await start([{ to: 'a@b.example', does: 'sleep' }]);
    expect(await waiting.query('status')).toEqual({ status: 'queued', progress: null });
    await waiting.cancel();
    await expect(waiting.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(await waiting.query('status')).toMatchObject({ status: 'cancelled' });
    const failed = await start([{ to: 'a@b.example', does: 'fail' }]);
    await expect(failed.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(await failed.query('status')).toEqual({ status: 'failed', progress: null });
    expect(await askedByCommandLine(failed.workflowId, 'status')).toEqual({ status: 'failed', progress: null });
  });
});

test('a job whose worker dies after the cancel is cancelled, not failed', async () => {
  const ownTaskQueue = ownQueue();
  await runDyingWorker(ownTaskQueue);
  const job = await start([{ to: 'a@b.example' }, { heartbeatMs: 1000 }], ownTaskQueue);
  const client = await connectClient();
  await eventually('the handler to run', async () => (await client.get(job.workflowId))?.status === 'processing');
  await client.cancel(job.workflowId, 'too late for it');
  await expect(client.result(job.workflowId)).rejects.toMatchObject({ code: 'cancelled' });
  expect(await client.get(job.workflowId)).toMatchObject({ status: 'cancelled', cancelReason: 'too late for it' });
});

/** A worker whose handlers fall silent as those of a process that was killed: no heartbeat, no end. */
async function runDyingWorker(taskQueue: string): Promise<void> {
  installRuntime(silentLog);
  const connection = await NativeConnection.connect({ address: serverAddress() });
  const silence = gate();
  const dying = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: await workflowBundle(undefined, silentLog),
    activities: { default: () => silence.opened },
  });
  const running = dying.run();
  onTestFinished(async () => {
    silence.open();
    dying.shutdown();
    await running;
    await connection.close();
  });
}

async function askedByCommandLine(workflowId: string, query: string): Promise<unknown> {
  const temporal = await findServerBinary('temporal', { env: process.env });
  const args = ['workflow', 'query', '--address', serverAddress(), '--workflow-id', workflowId, '--type', query, '--output', 'json'];
  const { stdout } = await promisify(execFile)(temporal, args);
  const { queryResult } = JSON.parse(stdout) as { queryResult: unknown[] };
  return queryResult[0];
}
