/**
 * Owns how the histories in `histories/` were made: one job for each way through the workflow code that the package ships.
 * `RECORD_HISTORIES=1 npx vitest run --project server test/replay` makes them anew. Do that only for a course that is new:
 * a recorded history stands for the jobs that are under way at our users when they update.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { JobClient, JobHandle } from '../../src/client.ts';
import { defineJob } from '../../src/contract/index.ts';
import { addressOf } from '../../src/contract/carrier.ts';
import type { JobContract } from '../../src/contract/index.ts';
import { handle, type HandlerContext, multiStep } from '../../src/worker.ts';
import { STATISTICS_SIGNAL, statisticsId } from '../../src/contract/statistics/queue-statistics.ts';
import { SIGNALS_OF_A_RUN } from '../../src/workflows/statistics.ts';
import { eventually, ownQueue, runWorker, temporalClient } from '../support/jobs.ts';
import { cleaned, course, step } from '../workflow/multi-step-jobs.ts';

/** One course of a job: how it is made, and whose workflow code it goes through. */
export interface Recording {
  readonly name: string;
  /** `shipped`: the prebuilt bundle. `multi-step`: `test/workflow/workflows.ts`. */
  readonly workflows: 'shipped' | 'multi-step';
  /** Resolves with the id of the job when it has ended. */
  run(client: JobClient): Promise<string>;
}

const anything: z.ZodType = z.unknown();

export const recordings: readonly Recording[] = [
  { name: 'plain', workflows: 'shipped', run: (client) => single(client, () => ({ ok: true })) },
  { name: 'retried', workflows: 'shipped', run: (client) => single(client, (_input, { attempt }) => (attempt < 3 ? fail() : 'done')) },
  { name: 'failed', workflows: 'shipped', run: (client) => single(client, fail) },
  {
    name: 'delayed-with-options',
    workflows: 'shipped',
    run: (client) => single(client, () => 'done', { delay: '1s', timeout: '10s', priority: 'high' }),
  },
  { name: 'postponed', workflows: 'shipped', run: postponedJob },
  { name: 'priority-by-hand', workflows: 'shipped', run: movedJob },
  { name: 'multi-step-postponed', workflows: 'multi-step', run: postponedMultiStep },
  { name: 'progress-signals', workflows: 'shipped', run: (client) => single(client, reportFor5s) },
  { name: 'cancelled', workflows: 'shipped', run: cancelledJob },
  { name: 'cancelled-while-retrying', workflows: 'shipped', run: cancelledBetweenAttempts },
  { name: 'cleaned-up-after-cancel', workflows: 'shipped', run: cleanedUpAfterCancel },
  { name: 'cleaned-up-after-failure', workflows: 'shipped', run: (client) => cleanedUpAfterFailure(client, () => 'undone') },
  { name: 'clean-up-failed', workflows: 'shipped', run: (client) => cleanedUpAfterFailure(client, fail) },
  { name: 'cancelled-while-queued', workflows: 'shipped', run: cancelledBeforeAWorkerCame },
  { name: 'analyse-repositories', workflows: 'shipped', run: analysis },
  { name: 'send-notification', workflows: 'shipped', run: notification },
  { name: 'notices', workflows: 'shipped', run: (client) => single(client, () => 'done', { notify: notices }) },
  { name: 'notices-of-a-failure', workflows: 'shipped', run: (client) => single(client, fail, { notify: notices }) },
  { name: 'carried', workflows: 'shipped', run: carriedJobs },
  { name: 'carried-in-turns', workflows: 'shipped', run: carriedInTurns },
  { name: 'carried-cancelled', workflows: 'shipped', run: carriedAndCancelled },
  { name: 'batch', workflows: 'shipped', run: batchOfTwoSegments },
  { name: 'batch-cancelled', workflows: 'shipped', run: batchCancelled },
  { name: 'batch-stopped', workflows: 'shipped', run: batchStopped },
  { name: 'statistics', workflows: 'shipped', run: statisticsGoOn },
  { name: 'multi-step-completed', workflows: 'multi-step', run: (client) => multiStepJob(client, 'settle') },
  { name: 'multi-step-failed', workflows: 'multi-step', run: (client) => multiStepJob(client, 'one fails') },
  { name: 'multi-step-cancelled', workflows: 'multi-step', run: (client) => multiStepJob(client, 'waits for its signal') },
  { name: 'multi-step-child', workflows: 'multi-step', run: (client) => multiStepJob(client, 'child') },
  { name: 'multi-step-children', workflows: 'multi-step', run: (client) => multiStepJob(client, 'children') },
  { name: 'multi-step-children-shared', workflows: 'multi-step', run: (client) => multiStepJob(client, 'children that share') },
  { name: 'carried-for-a-parent', workflows: 'multi-step', run: carriedForAParent },
];

/** Nobody serves their queue: it is the job whose course is recorded. */
const notices = [
  { webhook: { url: 'https://shop.example/hooks' }, queue: ownQueue() },
  { on: 'completed', email: { to: 'ada@shop.example' }, queue: ownQueue() },
];

function fail(): never {
  throw new Error('broken');
}

async function reportFor5s(_input: unknown, { progress }: HandlerContext): Promise<string> {
  progress(10, 'first');
  await sleep(2500);
  progress(60, 'second');
  await sleep(2500);
  return 'done';
}

async function stopped({ signal }: HandlerContext): Promise<never> {
  await sleep(60_000, undefined, { signal });
  throw new Error('not stopped');
}

type Handler = (input: unknown, context: HandlerContext) => unknown;

async function single(client: JobClient, handler: Handler, options = {}): Promise<string> {
  const contract = defineJob({
    name: 'recorded',
    input: anything,
    queue: ownQueue(),
    retry: { initialInterval: 1, backoffCoefficient: 1 },
  });
  await runWorker({ jobs: [handle(contract, handler)] });
  return await ended(await client.add(contract, { n: 1 }, options));
}

const shared = { name: 'recorded', input: anything, group: true, retry: { initialInterval: 100, backoffCoefficient: 1 } } as const;

/** Adds jobs that share a workflow; gives its id. */
async function added(
  client: JobClient,
  contract: JobContract,
  inputs: readonly unknown[],
): Promise<{ jobs: readonly JobHandle[]; id: string }> {
  const jobs = await Promise.all(inputs.map(async (input) => await client.add(contract, input)));
  const { workflowId, place } = addressOf(jobs.at(-1)?.id ?? '');
  if (place === undefined || jobs.some(({ id }) => addressOf(id).workflowId !== workflowId))
    throw new Error('They do not share a workflow.');
  return { jobs, id: workflowId };
}

/** Some complete, one is tried again, one fails for good, one is cancelled while it runs. */
async function carriedJobs(client: JobClient): Promise<string> {
  const contract = defineJob({ ...shared, queue: ownQueue() });
  const run: Handler = async (input, context) => {
    if (input === 'never' || (input === 'once' && context.attempt === 1)) throw new Error('broken');
    return input === 'long' ? await stopped(context) : input;
  };
  await runWorker({ jobs: [handle(contract, run)], concurrency: 10 });
  const { jobs, id } = await added(client, contract, [1, 2, undefined, 'once', 'never', 'long']);
  await eventually('one to run', async () => (await jobs.at(-1)?.get())?.status === 'processing');
  await jobs.at(-1)?.cancel('recorded');
  await Promise.allSettled(jobs.map(async (job) => await job.result()));
  return await ended(client.job(id));
}

/** What was not begun in two seconds goes out again. */
async function carriedInTurns(client: JobClient): Promise<string> {
  const contract = defineJob({ ...shared, queue: ownQueue() });
  await runWorker({ jobs: [handle(contract, async (input) => await sleep(900, input))], concurrency: 1 });
  const { id } = await added(client, contract, [1, 2, 3, 4, 5]);
  return await ended(client.job(id));
}

/** One is cancelled before anybody came, and in the end the whole workflow, by Temporal's own tools. */
async function carriedAndCancelled(client: JobClient): Promise<string> {
  const contract = defineJob({ ...shared, queue: ownQueue() });
  const { jobs, id } = await added(client, contract, [1, 2, 3]);
  await jobs[0]?.cancel('recorded');
  await runWorker({ jobs: [handle(contract, async (_input, context) => await stopped(context))] });
  await eventually('the others to run', async () => (await jobs.at(-1)?.get())?.status === 'processing');
  await client.cancel(id);
  return await ended(client.job(id));
}

/** Two segments; an item is tried again after a wait that the call does not wait for. */
async function batchOfTwoSegments(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue(), retry: { maxAttempts: 2, initialInterval: '4s' } });
  const run: Handler = (input, { attempt }) => (input === 7 && attempt === 1 ? fail() : input);
  await runWorker({ jobs: [handle(contract, run)], concurrency: 10 });
  return await ended(client.job((await client.addBatch(contract, Array.from({ length: 1200 }).keys(), { concurrency: 6 })).id));
}

async function batchCancelled(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue() });
  await runWorker({ jobs: [handle(contract, async (_input, context) => await stopped(context))], concurrency: 10 });
  const batch = await client.addBatch(contract, Array.from({ length: 1200 }).keys());
  await eventually('items to run', async () => ((await batch.get()).batch?.running ?? 0) > 0);
  await batch.cancel('recorded');
  return await ended(client.job(batch.id));
}

/** An item fails, while others are in calls of their own segments. */
async function batchStopped(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue(), retry: { maxAttempts: 1 } });
  const run: Handler = async (input, context) => (input === 1500 ? fail() : await sleep(50, input, { signal: context.signal }));
  await runWorker({ jobs: [handle(contract, run)], concurrency: 10 });
  const batch = await client.addBatch(contract, Array.from({ length: 3000 }).keys(), { onItemFailure: 'stop' });
  return await ended(client.job(batch.id));
}

/** The carrier of children, of which one fails: the others are cancelled, and it tells how each ended. */
async function carriedForAParent(client: JobClient): Promise<string> {
  const parent = await multiStepJob(client, 'children that share');
  return await eventually(
    'the index to know it',
    async () => (await client.list({ parent })).jobs.find(({ carries }) => carries !== undefined)?.id,
  );
}

async function cancelledJob(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue() });
  await runWorker({ jobs: [handle(contract, (_input, context) => stopped(context))] });
  const job = await client.add(contract, {});
  await eventually('the handler to run', async () => (await job.get()).status === 'processing');
  await job.cancel('recorded');
  return await ended(job);
}

/** Its time is changed before its workflow has begun and while that waits. */
async function postponedJob(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue() });
  await runWorker({ jobs: [handle(contract, () => 1)] });
  const job = await client.add(contract, {}, { delay: '1h' });
  await postponed(job);
  return await ended(job);
}

async function postponed(job: JobHandle): Promise<void> {
  await job.postpone({ delay: '50m' });
  await job.postpone({ delay: '40m' });
  await job.postpone({ delay: 1000 });
}

async function movedJob(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue() });
  const job = await client.add(contract, {}, { delay: '1h' });
  await job.setPriority('high');
  await job.runNow();
  await job.setPriority('normal');
  await runWorker({ jobs: [handle(contract, () => 1)] });
  return await ended(job);
}

async function cancelledBetweenAttempts(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue(), retry: { initialInterval: '1h' } });
  await runWorker({ jobs: [handle(contract, fail)] });
  const job = await client.add(contract, {});
  await eventually('the handler to have failed', async () => (await job.get()).status === 'retrying');
  await job.cancel('recorded');
  return await ended(job);
}

async function cleanedUpAfterCancel(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue(), cleanUp: '1m' });
  await runWorker({ jobs: [handle(contract, (_input, context) => stopped(context), { onCancel: () => 'undone' })] });
  const job = await client.add(contract, {});
  await eventually('the handler to run', async () => (await job.get()).status === 'processing');
  await job.cancel('recorded');
  return await ended(job);
}

async function cleanedUpAfterFailure(client: JobClient, onFail: () => unknown): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue(), cleanUp: '1m', retry: { maxAttempts: 1 } });
  await runWorker({ jobs: [handle(contract, fail, { onFail })] });
  return await ended(await client.add(contract, {}));
}

async function cancelledBeforeAWorkerCame(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue() });
  const job = await client.add(contract, {});
  await job.cancel('recorded');
  await runWorker({ jobs: [handle(contract, () => 1)] });
  return await ended(job);
}

/** The shipped workflow with handlers that read no repository: it is the workflow whose course is recorded. */
async function analysis(client: JobClient): Promise<string> {
  const queue = ownQueue();
  const contract = defineJob({ name: 'analyse-repositories', input: anything, queue, steps: true });
  const one = defineJob({
    name: 'analyse-repository',
    input: z.object({ repository: z.object({ name: z.string() }) }),
    queue,
    retry: { maxAttempts: 1 },
  });
  const remove = defineJob({ name: 'remove-analysis-files', input: anything, queue });
  const analyse = ({ repository }: { repository: { name: string } }): unknown =>
    repository.name === 'c' ? fail() : { commits: { total: 3 }, files: { total: 2, lines: 10 } };
  await runWorker({ jobs: [multiStep(contract), handle(one, analyse), handle(remove, () => null)] });
  const repositories = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ source: `https://git.example/${name}`, name }));
  return await ended(await client.add(contract, { repositories, options: { window: 2, timeLimitMs: 60_000 } }));
}

/** The shipped workflow with handlers that call nobody, one of which fails. */
async function notification(client: JobClient): Promise<string> {
  const queue = ownQueue();
  const contract = defineJob({ name: 'send-notification', input: anything, queue, steps: true });
  const webhook = defineJob({ name: 'deliver-webhook', input: anything, queue });
  const email = defineJob({ name: 'deliver-email', input: z.object({ to: z.string() }), queue });
  const log = [{ at: '2026-11-26T00:00:00.000Z', ms: 1, status: 204, answer: '' }];
  const deliver = ({ to }: { to: string }): unknown => (to.startsWith('b') ? fail() : { log });
  await runWorker({ jobs: [multiStep(contract), handle(webhook, () => ({ log })), handle(email, deliver)] });
  const to = ['a', 'b', 'c', 'd'].map((name) => `${name}@shop.example`);
  return await ended(
    await client.add(contract, {
      webhook: { url: 'https://shop.example/hooks', secret: 'default', type: 'invoice.paid', data: {} },
      email: { to, server: 'default', subject: 'Hi', text: '', values: {} },
      retry: { intervals: [1] },
    }),
  );
}

/** The workflow that keeps a queue's statistics, until it goes on in a new run. It is no job. */
async function statisticsGoOn(client: JobClient): Promise<string> {
  const contract = defineJob({ name: 'recorded', input: anything, queue: ownQueue(), retry: { maxAttempts: 1 } });
  const id = statisticsId(contract.queue);
  const { workflow } = await temporalClient();
  await runWorker({ jobs: [handle(contract, (input) => (input === 'bad' ? fail() : input))] });
  await Promise.all(['good', 'bad'].map(async (input) => await ended(await client.add(contract, input))));
  const described = async (): Promise<{ runId: string } | undefined> =>
    await workflow
      .getHandle(id)
      .describe()
      .catch(() => undefined);
  const first = await eventually('the first signal', described);
  const handleOfIt = workflow.getHandle(id);
  await Promise.all(Array.from({ length: SIGNALS_OF_A_RUN }, () => handleOfIt.signal(STATISTICS_SIGNAL, {})));
  await eventually('a new run', async () => (await described())?.runId !== first.runId);
  return id;
}

async function multiStepJob(client: JobClient, name: string): Promise<string> {
  const run = async ({ what }: { what: string }, context: HandlerContext): Promise<string> => {
    if (what === 'fails') fail();
    if (what === 'waits for its signal') await stopped(context);
    return what;
  };
  await runWorker({
    workflows: new URL('../workflow/workflows.ts', import.meta.url),
    jobs: [multiStep(course), handle(step, run), handle(cleaned, () => null)],
  });
  const job = await client.add(course, { id: 'recorded', course: name });
  if (name === 'waits for its signal') {
    await eventually('the step to run', async () => (await job.get()).steps[0]?.status === 'processing');
    await job.cancel('recorded');
  }
  return await ended(job);
}

async function postponedMultiStep(client: JobClient): Promise<string> {
  await runWorker({
    workflows: new URL('../workflow/workflows.ts', import.meta.url),
    jobs: [multiStep(course), handle(step, ({ what }) => what), handle(cleaned, () => null)],
  });
  const job = await client.add(course, { id: 'recorded', course: 'settle' }, { delay: '1h' });
  await postponed(job);
  return await ended(job);
}

async function ended(job: JobHandle): Promise<string> {
  await Promise.allSettled([job.result()]);
  return job.id;
}
