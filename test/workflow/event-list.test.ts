/** What a plain job may cost the server: the events of a hand-written Temporal workflow around one activity, and none more. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type AddOptions, defineJob } from '../../src/contract/index.ts';
import { installRuntime } from '../../src/worker/runtime.ts';
import { handle } from '../../src/worker.ts';
import { connectClient, ownQueue, runWorker, serverAddress, silentLog } from '../support/jobs.ts';

/** Numbers of Temporal's event types: started; a workflow task (5 6 7); the activity (10 11 12); a workflow task; completed. */
const RAW_EVENTS = [1, 5, 6, 7, 10, 11, 12, 5, 6, 7, 2];

const noop = defineJob({ name: 'noop', input: z.object({ n: z.number() }), output: z.object({ ok: z.boolean() }) });

async function temporalClient(): Promise<Client> {
  const connection = await Connection.connect({ address: serverAddress() });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

async function eventTypes(workflowId: string): Promise<unknown[]> {
  const client = await temporalClient();
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).map(({ eventType }) => eventType);
}

/** The workflow that `npm run bench` measures as raw Temporal. */
async function runRawWorkflow(): Promise<string> {
  installRuntime(silentLog);
  const taskQueue = ownQueue();
  const connection = await NativeConnection.connect({ address: serverAddress() });
  onTestFinished(() => connection.close());
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../../bench/jobs/raw-workflow.ts', import.meta.url)),
    activities: { noop: () => Promise.resolve({ ok: true }) },
  });
  const client = await temporalClient();
  const workflowId = randomUUID();
  await worker.runUntil(client.workflow.execute('rawNoop', { workflowId, taskQueue, args: [{ n: 1 }] }));
  return workflowId;
}

async function runJob(options: AddOptions): Promise<string> {
  const queue = ownQueue();
  await runWorker({ jobs: [handle(noop, () => ({ ok: true }))], queues: { [queue]: {} } });
  const client = await connectClient();
  const job = await client.add(noop, { n: 1 }, { ...options, queue });
  expect(await job.result()).toEqual({ ok: true });
  return job.id;
}

describe('the event list', () => {
  it('of a raw workflow with one activity is the measure', async () => {
    expect(await eventTypes(await runRawWorkflow())).toEqual(RAW_EVENTS);
  });

  it.each<[string, AddOptions]>([
    ['a plain job', {}],
    ['a job with options', { priority: 'high', key: 'k', dedupeKey: 'k', maxAttempts: 7, timeout: '1m', tags: ['a', 'b'] }],
  ])('of %s is the same, event by event', async (_title, options) => {
    expect(await eventTypes(await runJob(options))).toEqual(RAW_EVENTS);
  });
});
