/** Each reason to wait, forced on a real server and shown within 5 s. The sentences are in `test/unit/contract/waiting-for.test.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { activityInfo, Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { JobClient, type JobHandle } from '../../src/client.ts';
import { FIRST_ATTEMPT } from '../../src/contract/attempts.ts';
import { defineJob, type JobContract, type JobSnapshot, type RetryOptions, type WaitingFor } from '../../src/contract/index.ts';
import { installRuntime } from '../../src/worker/runtime.ts';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { cutOff } from '../support/cut-off.ts';
import { connectClient, eventually, gate, ownQueue, runWorker, serverAddress, silentLog, temporalClient } from '../support/jobs.ts';

const SHOWN_WITHIN_MS = 5000;
const input = z.unknown();

function contractOf({ name = 'waiting', retry = {} }: { name?: string; retry?: RetryOptions } = {}): JobContract {
  return defineJob({ name, input, queue: ownQueue(), retry });
}

/** The job once it waits for this reason; it has to within 5 s. */
async function waitsFor(job: JobHandle, code: WaitingFor['code']): Promise<JobSnapshot> {
  return await eventually(
    `the job to wait for: ${code}`,
    async () => {
      const snapshot = await job.get();
      return snapshot.waitingFor?.code === code && snapshot;
    },
    SHOWN_WITHIN_MS,
  );
}

async function isProcessing(job: JobHandle): Promise<JobSnapshot> {
  return await eventually('the job to be processing', async () => {
    const snapshot = await job.get();
    return snapshot.status === 'processing' && snapshot;
  });
}

/** A worker of Temporal's own, for workflow code and handlers that Holdfast would not have. */
async function rawWorker(
  queue: string,
  parts: { hasBrokenWorkflows?: boolean; run?: () => Promise<unknown> },
): Promise<{ stop: () => Promise<void> }> {
  installRuntime(silentLog);
  const connection = await NativeConnection.connect({ address: serverAddress() });
  const own = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  const worker = await Worker.create({
    connection,
    taskQueue: queue,
    ...(parts.hasBrokenWorkflows !== true ? { workflowBundle: await workflowBundle(undefined, silentLog) } : { workflowsPath: own }),
    activities: { default: parts.run ?? (() => Promise.resolve({ output: 1, state: FIRST_ATTEMPT })) },
    stickyQueueScheduleToStartTimeout: '1s',
  });
  const running = worker.run();
  const stop = async (): Promise<void> => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
    await connection.close();
  };
  onTestFinished(() => (worker.getState() === 'STOPPED' ? undefined : stop()));
  return { stop };
}

describe('a job waits for', () => {
  test('its start time', async () => {
    const job = await (await connectClient()).add(contractOf(), {}, { delay: '1h' });
    const { runAt } = await job.get();
    expect((await waitsFor(job, 'start-time')).waitingFor).toMatchObject({ until: runAt });
  });

  test('a worker, when none ever came', async () => {
    const contract = contractOf();
    const job = await (await connectClient()).add(contract, {});
    const { waitingFor, status } = await waitsFor(job, 'no-worker');
    expect({ waitingFor, status }).toMatchObject({ status: 'queued', waitingFor: { queue: contract.queue } });
    expect(waitingFor).not.toHaveProperty('lastSeenAt');
  });

  test('a worker, when the one that was there was shut down, and since when', async () => {
    const contract = contractOf();
    const worker = await runWorker({ jobs: [handle(contract, () => 1)] });
    const client = await connectClient();
    await (await client.add(contract, {})).result();
    await worker.stop();
    const job = await client.add(contract, {});
    const { waitingFor } = await waitsFor(job, 'no-worker');
    expect(Math.abs(Date.now() - Date.parse(waitingFor?.lastSeenAt ?? ''))).toBeLessThan(60_000);
  });

  test('a free place, with the number of workers and of those ahead', async () => {
    const contract = contractOf();
    const { opened, open } = gate();
    await runWorker({ jobs: [handle(contract, () => opened)], concurrency: 1 });
    const client = await connectClient();
    await isProcessing(await client.add(contract, 'blocker'));
    const jobs: JobHandle[] = [];
    for (let index = 0; index < 5; index += 1) jobs.push(await client.add(contract, index));
    const aheadOf = async (job: JobHandle | undefined): Promise<number | undefined> => (await job?.get())?.waitingFor?.ahead;
    await eventually('each to know its place', async () => (await aheadOf(jobs[4])) === 4 && (await aheadOf(jobs[1])) === 1, 10_000);
    expect(await aheadOf(jobs[0])).toBe(0);
    expect((await jobs[2]?.get())?.waitingFor).toMatchObject({ code: 'queue', queue: contract.queue, workers: 1, ahead: 2 });
    // Long known, and all its places taken: it is there all the same.
    const high = await client.add(contract, 'urgent', { priority: 'highest' });
    await eventually('the urgent one to be first', async () => (await aheadOf(high)) === 0 && (await aheadOf(jobs[2])) === 3, 10_000);
    open();
  });

  test('a handler that the workers of its queue do not have', async () => {
    const contract = contractOf();
    await runWorker({ jobs: [handle(defineJob({ name: 'other', input, queue: contract.queue }), () => 1)] });
    const job = await (await connectClient()).add(contract, {});
    expect((await waitsFor(job, 'handler')).waitingFor).toMatchObject({ queue: contract.queue, type: 'waiting' });
  });

  test('its next attempt', async () => {
    const contract = contractOf({ retry: { maxAttempts: 2, initialInterval: '1h' } });
    const fail = (): never => {
      throw new Error('broken');
    };
    await runWorker({ jobs: [handle(contract, fail)] });
    const job = await (await connectClient()).add(contract, {});
    expect((await waitsFor(job, 'retry')).waitingFor).toMatchObject({ attempt: 1, maxAttempts: 2, error: 'broken' });
  });

  test('the end of a handler that was told to stop', async () => {
    const contract = contractOf();
    const { opened, open } = gate();
    await runWorker({ jobs: [handle(contract, () => opened)] });
    const job = await (await connectClient()).add(contract, {});
    await isProcessing(job);
    await job.cancel();
    expect((await waitsFor(job, 'cancel')).waitingFor).not.toHaveProperty('queue');
    open();
  });

  test('a worker that carries its cancel out', async () => {
    const contract = contractOf();
    const job = await (await connectClient()).add(contract, {});
    await job.cancel();
    expect((await waitsFor(job, 'cancel')).waitingFor).toMatchObject({ queue: contract.queue });
  });

  test('an event loop that stands still, for as long as it does', async () => {
    const contract = contractOf();
    const blockedSince = new Date(Date.now() - 3000).toISOString();
    const { opened, open } = gate();
    const run = async (): Promise<unknown> => {
      const state = { ...FIRST_ATTEMPT, maxAttempts: 3 };
      Context.current().heartbeat({ ...state, blockedSince });
      await opened;
      Context.current().heartbeat(state);
      await sleep(60_000, undefined, { signal: Context.current().cancellationSignal });
      return activityInfo().attempt;
    };
    await rawWorker(contract.queue, { run });
    const job = await (await connectClient()).add(contract, {});
    const { status, waitingFor } = await waitsFor(job, 'event-loop');
    expect({ status, waitingFor }).toMatchObject({ status: 'processing', waitingFor: { since: blockedSince } });
    expect(waitingFor?.blockedMs).toBeGreaterThan(3000);
    expect(waitingFor?.sentence).toMatch(/has been blocked for \d+ s/);
    open();
    await eventually('it to go on', async () => (await job.get()).waitingFor === null);
    await job.cancel();
  });

  test('workflow code that fails', async () => {
    const contract = contractOf({ name: 'broken-code' });
    const job = await (await connectClient()).add(contract, {});
    await rawWorker(contract.queue, { hasBrokenWorkflows: true });
    const { waitingFor } = await waitsFor(job, 'workflow-code');
    expect(waitingFor).toMatchObject({ isNonDeterministic: false, error: expect.stringContaining('a mistake in the code') as string });
  });

  test('the workflow code that began it', async () => {
    const contract = contractOf();
    const { opened } = gate();
    const first = await runWorker({ jobs: [handle(contract, () => opened)], shutdownGrace: 0 });
    const job = await (await connectClient()).add(contract, {});
    await isProcessing(job);
    await first.stop();
    await rawWorker(contract.queue, { hasBrokenWorkflows: true });
    const { waitingFor } = await eventually('it to wait', async () => {
      const snapshot = await job.get();
      return snapshot.waitingFor?.code === 'workflow-code' && snapshot;
    });
    expect(waitingFor).toMatchObject({ isNonDeterministic: true });
    expect(waitingFor?.sentence).toContain('is not the code that began it');
  });

  test('whoever paused it in Temporal', async () => {
    const contract = contractOf({ retry: { initialInterval: '1h' } });
    const fail = (): never => {
      throw new Error('broken');
    };
    await runWorker({ jobs: [handle(contract, fail)] });
    const job = await (await connectClient()).add(contract, {});
    await waitsFor(job, 'retry');
    const { workflowService } = await temporalClient();
    const activity = { namespace: 'default', execution: { workflowId: job.id }, id: '1' };
    await workflowService.pauseActivity({ ...activity, identity: 'anna', reason: 'the mail server is away' });
    const { waitingFor } = await waitsFor(job, 'paused');
    expect(waitingFor).toMatchObject({ by: 'anna', reason: 'the mail server is away' });
    expect(Math.abs(Date.now() - Date.parse(waitingFor?.since ?? ''))).toBeLessThan(60_000);
    await workflowService.unpauseActivity(activity);
    await eventually('it to go on', async () => (await job.get()).waitingFor?.code !== 'paused');
  });
});

describe('while Temporal does not answer', () => {
  test('a watcher is told within 5 s, and goes on when it answers again; get says that it is unavailable', async () => {
    const contract = contractOf();
    const way = await cutOff(serverAddress());
    const client = await JobClient.connect({ address: way.address });
    onTestFinished(() => client.close());
    const run = async (_input: unknown, context: HandlerContext): Promise<void> => {
      context.progress(40);
      await opened;
    };
    const { opened, open } = gate();
    await runWorker({ jobs: [handle(contract, run)] });
    const job = await client.add(contract, {});
    const seen: JobSnapshot[] = [];
    let cutAt = 0;
    for await (const snapshot of job.watch()) {
      seen.push(snapshot);
      if (snapshot.progress?.percent === 40 && cutAt === 0) {
        cutAt = Date.now();
        way.cut();
      }
      if (snapshot.waitingFor?.code !== 'unreachable') continue;
      expect(Date.now() - cutAt).toBeLessThan(SHOWN_WITHIN_MS);
      expect(snapshot).toMatchObject({ status: 'processing', progress: { percent: 40 } });
      const askedAt = Date.now();
      await expect(client.get(job.id)).rejects.toMatchObject({ code: 'unavailable' });
      expect(Date.now() - askedAt).toBeLessThan(SHOWN_WITHIN_MS);
      way.mend();
      open();
    }
    expect(seen.at(-1)).toMatchObject({ status: 'completed' });
    expect(seen.filter(({ waitingFor }) => waitingFor?.code === 'unreachable')).toHaveLength(1);
    expect(seen.map(({ version }) => version)).toEqual(seen.map(({ version }) => version).toSorted((a, b) => a - b));
  });
});
