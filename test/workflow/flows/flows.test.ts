/** Jobs that start others and collect how they end: alone and in carriers, each with a record of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf } from '../../../src/contract/carrier.ts';
import type { JobSummary } from '../../../src/contract/index.ts';
import { handle, type HandlerContext, multiStep } from '../../../src/worker.ts';
import { connectClient, eventually, type RunningWorker, startWorker } from '../../support/jobs.ts';
import { alone, fanOut, shared } from './flow-jobs.ts';

type End = { readonly id: string; readonly status: string; readonly output?: unknown; readonly error?: { readonly code: string } };

const attempts = new Map<string, number>();
let worker: RunningWorker;

async function work(name: string, { signal, jobId }: HandlerContext): Promise<string> {
  const attempt = (attempts.get(jobId) ?? 0) + 1;
  attempts.set(jobId, attempt);
  if (name === 'once' && attempt === 1) throw new Error('again');
  if (name === 'never') throw Object.assign(new Error('never'), { code: 'E_NEVER' });
  if (name === 'large') return 'x'.repeat(2_000_000);
  if (name === 'long') await sleep(60_000, undefined, { signal });
  return `Hello, ${name}`;
}

beforeAll(async () => {
  worker = await startWorker({
    workflows: new URL('workflows.ts', import.meta.url),
    jobs: [multiStep(fanOut), handle(alone, work), handle(shared, work)],
    concurrency: 20,
  });
});

afterAll(async () => await worker.stop());

const ways = [
  ['alone', { type: 'alone', group: false }],
  ['in carriers', { type: 'shared', group: true }],
] as const;

describe.each(ways)('children %s', (_way, how) => {
  test('are collected in their order, those that failed with why, and each has a record of its own', async () => {
    const client = await connectClient();
    const job = await client.add(fanOut, { ...how, names: ['Ann', 'never', 'once', 'Bob'] });
    const ends = (await job.result()) as readonly End[];
    expect(ends).toMatchObject([
      { status: 'completed', output: 'Hello, Ann' },
      { status: 'failed', error: { code: 'E_NEVER', message: 'never' } },
      { status: 'completed', output: 'Hello, once' },
      { status: 'completed', output: 'Hello, Bob' },
    ]);
    const [ann, never] = ends as readonly [End, End];
    expect(await client.get(ann.id)).toMatchObject({ status: 'completed', output: 'Hello, Ann', parent: job.id });
    expect(await client.get(never.id)).toMatchObject({ status: 'failed', error: { code: 'E_NEVER' }, attempt: 2, parent: job.id });
    const rows = await eventually<readonly JobSummary[]>('the index to know them', async () => {
      const { jobs } = await client.list({ parent: job.id });
      return jobs.length === (how.group ? 1 : 4) && jobs.every(({ status }) => status === 'completed' || status === 'failed') && jobs;
    });
    expect(rows.map(({ parent }) => parent)).toEqual(rows.map(() => job.id));
    expect(rows.reduce((sum, { carries = 1 }) => sum + carries, 0)).toBe(4);
  });

  test('are cancelled when one has failed, if that was asked for; the failure is the end of the job', async () => {
    const client = await connectClient();
    const job = await client.add(fanOut, { ...how, names: ['long', 'never', 'long'], onFailure: 'cancel-rest' });
    await expect(job.result()).rejects.toThrow('never');
    expect(await job.get()).toMatchObject({ status: 'failed', error: { code: 'E_NEVER', message: 'never' } });
    const { jobs } = await client.list({ parent: job.id });
    const ids = how.group ? [0, 1, 2].map((place) => `${jobs[0]?.id}~${place}`) : [1, 2, 3].map((number) => `${job.id}.${number}`);
    const statuses = await Promise.all(ids.map(async (id) => (await client.get(id))?.status));
    expect(statuses).toEqual(['cancelled', 'failed', 'cancelled']);
  });

  test('whose output workflow code cannot read count as failed with that', async () => {
    const client = await connectClient();
    const job = await client.add(fanOut, { ...how, names: ['large', 'Ann'] });
    expect(await job.result()).toMatchObject([{ status: 'failed', error: { code: 'payload-too-large' } }, { output: 'Hello, Ann' }]);
  });

  test('are cancelled with the job', async () => {
    const client = await connectClient();
    const job = await client.add(fanOut, { ...how, names: ['long', 'Ann', 'long'] });
    const running = await eventually('the children to run', async () => {
      const { jobs } = await client.list({ parent: job.id });
      const ids = how.group ? jobs.map(({ id }) => `${id}~0`) : [`${job.id}.1`];
      const [first] = await Promise.all(ids.map(async (id) => await client.get(id)));
      return first?.status === 'processing' && first;
    });
    await job.cancel('enough');
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await client.get(running.id)).toMatchObject({ status: 'cancelled' });
    expect(addressOf(running.id).place === undefined).toBe(!how.group);
  });
});

test('hundreds of children share a few workflows, and count as the jobs that they are', async () => {
  const client = await connectClient();
  const names = Array.from({ length: 900 }, (_none, n) => `guest ${n}`);
  const job = await client.add(fanOut, { type: 'shared', group: true, names });
  const ends = (await job.result()) as readonly End[];
  expect(ends.map(({ output }) => output)).toEqual(names.map((name) => `Hello, ${name}`));
  expect(new Set(ends.map(({ id }) => addressOf(id).workflowId)).size).toBe(3);
});

test('a fan-out says what is wrong with its options', async () => {
  const client = await connectClient();
  const names = Array.from({ length: 501 }, () => 'Ann');
  const many = await client.add(fanOut, { type: 'alone', names });
  await expect(many.result()).rejects.toMatchObject({
    code: 'invalid-options',
    message: 'Expected at most 500 children at a time, got 501. Use a batch for more, or several calls.',
  });
  const none = await client.add(fanOut, { type: 'alone', names: [] });
  expect(await none.result()).toEqual([]);
});
