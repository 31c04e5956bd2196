/** Jobs whose type has a workflow of its own: how they end, and what runs after that. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobHandle } from '../../src/client.ts';
import type { AddOptions, InputOf, JobSnapshot } from '../../src/contract/index.ts';
import { handle, type HandlerContext, multiStep } from '../../src/worker.ts';
import {
  connectClient,
  eventually,
  type Gate,
  gate,
  ownQueue,
  type RunningWorker,
  runWorker,
  startWorker,
  temporalClient,
} from '../support/jobs.ts';
import { cleaned, course, step } from './multi-step-jobs.ts';

/** What happened to the steps of the job with an id of the test's own. */
const happened = new Map<string, string[]>();
const gates = new Map<string, Gate>();

function note(id: string, what: string): void {
  happened.set(id, [...(happened.get(id) ?? []), what]);
}

async function runStep({ id, what }: InputOf<typeof step>, context: HandlerContext): Promise<unknown> {
  note(id, `begin ${what}`);
  if (what === 'fails') throw Object.assign(new Error('the step failed'), { code: 'E_STEP' });
  if (what === 'fails later') {
    await sleep(200);
    throw new Error('nobody waits for this');
  }
  if (what === 'gated') {
    context.progress(50);
    await Promise.race([gates.get(id)?.opened, aborted(context.signal)]);
  }
  if (what === 'waits for its signal') {
    await aborted(context.signal).catch(() => sleep(300));
    note(id, `end ${what}`);
    throw new Error('stopped');
  }
  return what === 'large' ? 'x'.repeat(2_000_000) : what;
}

async function aborted(signal: AbortSignal): Promise<never> {
  await sleep(60_000, undefined, { signal });
  throw new Error('not aborted');
}

function clean({ id, what, fail }: { id: string; what: string; fail: boolean }): void {
  note(id, what);
  if (fail) throw new Error('the clean-up failed');
}

const handlers = {
  workflows: new URL('workflows.ts', import.meta.url),
  jobs: [multiStep(course), handle(step, runStep), handle(cleaned, clean)],
};

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({ ...handlers, concurrency: 20 });
});
afterAll(() => worker.stop());

const CLEANED = ['last registered', 'first registered'];

interface Started {
  readonly id: string;
  readonly job: JobHandle<typeof course>;
}

async function start(name: string, more: Partial<InputOf<typeof course>> = {}, options: AddOptions = {}): Promise<Started> {
  const id = randomUUID();
  gates.set(id, gate());
  const client = await connectClient();
  return { id, job: await client.add(course, { id, course: name, ...more }, options) };
}

async function failureOf(job: JobHandle): Promise<JobSnapshot> {
  await expect(job.result()).rejects.toMatchObject({ name: 'JobError' });
  return await job.get();
}

describe('a multi-step job', () => {
  test('that is cancelled while no worker is up begins no step when one comes, and cleans up', async () => {
    const queue = ownQueue();
    const first = await startWorker({ ...handlers, queues: { [queue]: {} }, concurrency: 1 });
    const holding = await start('gated', {}, { queue });
    await eventually('the only place to be taken', () => happened.has(holding.id));
    const jobs = await Promise.all([1, 2, 3, 4, 5].map(() => start('waits in the queue', {}, { queue })));
    for (const { job } of jobs)
      await eventually('its step to be in the queue', async () => (await job.get()).steps?.some(({ status }) => status === 'queued'));
    await first.stop();
    for (const { job } of jobs) await job.cancel();
    await runWorker({ ...handlers, queues: { [queue]: {} }, concurrency: 20 });
    for (const { job } of jobs) await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(jobs.map(({ id }) => happened.get(id))).toEqual(jobs.map(() => CLEANED));
  });

  test('adds up the progress of its steps by their shares, and shows each with its label', async () => {
    const { id, job } = await start('steps');
    const running = await eventually('both steps half done', async () => {
      const snapshot = await job.get();
      return snapshot.progress?.percent === 50 && snapshot;
    });
    expect(running).toMatchObject({
      status: 'processing',
      attempt: 1,
      progress: { message: 'begun' },
      steps: [
        { id: 'step-1', type: 'step', label: 'the gated', status: 'processing', attempt: 1, progress: { percent: 50 } },
        { id: 'step-2', label: 'the gated' },
      ],
    });
    gates.get(id)?.open();
    await expect(job.result()).resolves.toEqual({ outputs: ['gated', 'gated'], times: 2 });
    expect(await job.get()).toMatchObject({ status: 'completed', attempt: 1, progress: { percent: 100 }, steps: [], attempts: [] });
    expect(happened.get(id)).toEqual(['begin gated', 'begin gated', ...CLEANED]);
  });

  test('stops its steps at its deadline, cleans up, and has failed', async () => {
    const { id, job } = await start('waits for its signal', {}, { deadline: '6s' });
    expect(await failureOf(job)).toMatchObject({
      error: { code: 'deadline-exceeded', message: 'The job was not done within its deadline of 6 s.' },
    });
    expect(happened.get(id)).toEqual(['begin waits for its signal', 'end waits for its signal', ...CLEANED]);
  });

  test('that is done before its deadline has no more to do with it', async () => {
    const { job } = await start('echo', {}, { deadline: '1h' });
    await expect(job.result()).resolves.toBe('echo');
  });

  test('may go on when a step fails for good, and is told how each ended', async () => {
    const { job } = await start('settle');
    await expect(job.result()).resolves.toEqual([
      { status: 'completed', attempts: 1, output: 'echo' },
      { status: 'failed', attempts: 2, error: { code: 'E_STEP', message: 'the step failed' } },
    ]);
  });

  test('may take the functions out of what it is given', async () => {
    const { job } = await start('taken out');
    await expect(job.result()).resolves.toBe('echo');
  });

  test('fails with the code of the step that failed; the other steps are stopped and waited for, then it cleans up', async () => {
    const { id, job } = await start('one fails');
    expect(await failureOf(job)).toMatchObject({ status: 'failed', error: { code: 'E_STEP', message: 'the step failed' }, attempt: 1 });
    expect(happened.get(id)?.slice(-3)).toEqual(['end waits for its signal', ...CLEANED]);
  });

  test('stops the steps that its body no longer waits for', async () => {
    const { id, job } = await start('left alone');
    expect((await failureOf(job)).error).toEqual({ code: 'handler-failed', message: 'thrown in the body' });
    expect(happened.get(id)?.slice(-3)).toEqual(['end waits for its signal', ...CLEANED]);
  });

  test('that is cancelled stops its steps, cleans up, and is cancelled', async () => {
    const { id, job } = await start('waits for its signal');
    await eventually('the step to run', () => happened.get(id)?.length === 1);
    await job.cancel('enough');
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await job.get()).toMatchObject({ status: 'cancelled', cancelReason: 'enough' });
    expect(happened.get(id)).toEqual(['begin waits for its signal', 'end waits for its signal', ...CLEANED]);
  });

  test('with an input over 1.9 MB is refused: its body could not look into the payload folder', async () => {
    const client = await connectClient();
    await expect(client.add(course, { id: 'x'.repeat(2_000_000), course: 'fails' })).rejects.toMatchObject({
      code: 'payload-too-large',
      message: expect.stringMatching(/^The input of "course" is \d+ bytes of JSON; at most 1900000 can be carried\./) as string,
    });
  });

  test('that another program starts with a stored input fails at once', async () => {
    const { workflow } = await temporalClient();
    const client = await connectClient();
    const workflowId = randomUUID();
    const args = [{ 'holdfast:payload': { id: 'x', bytes: 2_000_000, sha256: 'x' } }];
    await workflow.start('course', { workflowId, taskQueue: course.queue, args });
    expect(await failureOf(client.job(workflowId))).toMatchObject({
      status: 'failed',
      error: {
        code: 'payload-too-large',
        message: expect.stringMatching(/^The input of "course" is \d+ bytes of JSON; a job of several steps/) as string,
      },
    });
  });

  test.each([
    ['too large', 'payload-too-large', /^The output of "course" is \d+ bytes of JSON/],
    ['deep', 'invalid-output', /^The output of "course" is nested deeper than 64 levels\./],
    ['huge error', 'conflict', /^x{4000}$/],
    ['huge failure', 'E'.repeat(100), /^x{4000}$/],
    ['large', 'payload-too-large', /^The output of "step" is 2000002 bytes of JSON; at most 1900000 can be carried\./],
    [
      'large output of a child',
      'payload-too-large',
      /^The output of "step" is 2000002 bytes of JSON; a job that waits for it takes at most/,
    ],
    ['no JSON', 'invalid-output', /^The output of "course" cannot be written as JSON/],
    ['step input too large', 'payload-too-large', /^The input of "step" is \d+ bytes of JSON/],
    ['share over 1', 'invalid-options', /^Expected share to be a number from 0 to 1, got: 1\.5\.$/],
    ['undefined thrown', 'handler-failed', /^No error message was given: undefined was thrown\.$/],
    ['fails', 'E_STEP', /^the step failed$/],
  ])('with %s fails with %s, and cleans up', async (name, code, message) => {
    const { id, job } = await start(name);
    expect(await failureOf(job)).toMatchObject({ status: 'failed', error: { code, message: expect.stringMatching(message) as string } });
    expect(happened.get(id)?.slice(-2)).toEqual(CLEANED);
  });

  test('whose clean-up fails has failed, and the other clean-up ran', async () => {
    const { id, job } = await start('echo', { failCleanUp: true });
    expect((await failureOf(job)).error?.message).toBe('the clean-up failed');
    expect(happened.get(id)).toEqual(['begin echo', ...CLEANED]);
  });

  test('whose body failed tells that, not what failed in the clean-up after it', async () => {
    const { job } = await start('fails', { failCleanUp: true });
    expect((await failureOf(job)).error).toEqual({ code: 'E_STEP', message: 'the step failed' });
  });

  test('runs a child as a job of its own, and a cancel reaches it', async () => {
    const { id, job } = await start('child');
    const client = await connectClient();
    const child = client.job(`${job.id}.1`);
    await eventually('the child to run', async () => happened.get(id)?.length === 1 && (await child.get()).status === 'processing');
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect((await child.get()).status).toBe('cancelled');
    expect(happened.get(id)).toEqual(['begin gated', ...CLEANED]);
  });

  test('that was started by other programs has its input checked by its contract', async () => {
    const { workflow } = await temporalClient();
    const workflowId = randomUUID();
    const handle = await workflow.start('course', { workflowId, taskQueue: course.queue, args: [{ id: 5 }] });
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    const client = await connectClient();
    expect((await client.get(workflowId))?.error).toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(/^The input of "course" does not match its contract\. id: /) as string,
    });
  });

  test('is left alone by a worker without its workflow, and completes once one with it comes', async () => {
    const queue = ownQueue();
    const without = await runWorker({ jobs: [handle(step, runStep)], queues: { [queue]: {} } });
    const client = await connectClient();
    const id = randomUUID();
    const job = await client.add(course, { id, course: 'echo' }, { queue });
    const { workflow } = await temporalClient();
    const refusal = await eventually('the worker to have refused it', async () => {
      const { events } = await workflow.getHandle(job.id).fetchHistory();
      return events?.map(({ workflowTaskFailedEventAttributes: refused }) => refused?.failure?.message).find((message) => message != null);
    });
    expect(refusal).toBe(`This worker has no workflow for the job type "course". Give it the file with jobWorkflow('course', …).`);
    await without.stop();
    expect(happened.get(id)).toBeUndefined();
    await runWorker({
      workflows: new URL('workflows.ts', import.meta.url),
      jobs: [multiStep(course), handle(step, runStep), handle(cleaned, clean)],
      queues: { [queue]: {} },
    });
    await expect(job.result()).resolves.toBe('echo');
    expect(happened.get(id)).toEqual(['begin echo', ...CLEANED]);
  }, 60_000);

  test('is held back until the time that it was postponed to', async () => {
    const { id, job } = await start('echo', {}, { delay: '1h' });
    const until = Date.now() + 2000;
    await job.postpone({ until: new Date(until) });
    await eventually(
      'its workflow to hold it back',
      async () => (await (await temporalClient()).workflow.getHandle(job.id).describe()).historyLength > 4,
    );
    expect(await job.get()).toMatchObject({ status: 'delayed', runAt: new Date(until).toISOString() });
    expect(happened.get(id)).toBeUndefined();
    expect(await job.result()).toBe('echo');
    expect(Date.now()).toBeGreaterThanOrEqual(until);
  });

  test('that failed is retried from its start, and has no checkpoint to go on from', async () => {
    const { id, job } = await start('fails');
    await expect(job.result()).rejects.toMatchObject({ message: 'the step failed' });
    await expect(job.retry({ from: 'checkpoint' })).rejects.toMatchObject({
      code: 'invalid-options',
      message: 'Expected from to be "start" for a job of several steps, which has no checkpoint, got: "checkpoint".',
    });
    await job.retry({ input: { id, course: 'echo' } });
    expect(await job.result()).toBe('echo');
    expect((await job.get()).run).toBe(2);
  });

  test('answers the queries status and progress', async () => {
    const { id, job } = await start('steps');
    const { workflow } = await temporalClient();
    const asked = workflow.getHandle(job.id);
    await eventually('a report of both steps', async () => (await asked.query<{ percent: number }>('progress')).percent === 50);
    expect(await asked.query('status')).toEqual({ status: 'processing', progress: { percent: 50, message: 'begun' } });
    gates.get(id)?.open();
    await job.result();
    expect(await asked.query('status')).toEqual({ status: 'completed', progress: { percent: 100, message: 'begun' } });
  });
});
