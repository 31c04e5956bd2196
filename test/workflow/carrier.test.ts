/** Jobs that share a workflow, on a real server: each goes its own way, and the others do not notice. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import type { JobHandle } from '../../src/client.ts';
import { addressOf, OUTCOMES } from '../../src/contract/carrier.ts';
import { defineJob } from '../../src/contract/index.ts';
import { HandlerLimit } from '../../src/activities/handler-limit.ts';
import { HandlerRegistry } from '../../src/activities/handler-registry.ts';
import { handle, startWorker } from '../../src/worker.ts';
import { scaled } from '../support/scale.ts';
import { connectClient, eventually, gate, ownQueue, runWorker, serverAddress, silentLog, temporalClient } from '../support/jobs.ts';

const WORK_MS = 20;
/** By the four that are otherwise; ten times that where other tests run beside it. */
const MAX_HELD_UP_MS = scaled(20_000, 2000);
const WORST = scaled(100, 500);
const anything: z.ZodType = z.unknown();

function grouped<const More extends object>(more: More) {
  return defineJob({ name: 'grouped-job', input: anything, output: anything, queue: ownQueue(), group: true, ...more });
}

/** Adds jobs at the same time, so that most share a workflow. */
async function addAll(contract: ReturnType<typeof grouped>, inputs: readonly unknown[]): Promise<readonly JobHandle[]> {
  const client = await connectClient();
  return await Promise.all(inputs.map(async (input) => await client.add(contract, input)));
}

function carriersOf(jobs: readonly JobHandle[]): ReadonlySet<string> {
  return new Set(jobs.map(({ id }) => addressOf(id).workflowId));
}

describe('jobs that share a workflow', () => {
  test('are few workflows, and each has its own result', async () => {
    const contract = grouped({});
    await runWorker({ jobs: [handle(contract, (n) => ({ twice: Number(n) * 2 }))], concurrency: 20 });
    const jobs = await addAll(contract, [...Array.from({ length: 200 }).keys()]);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(200);
    expect(carriersOf(jobs).size).toBeLessThanOrEqual(4);
    expect(await Promise.all(jobs.map(async (job) => await job.result()))).toEqual(jobs.map((_job, n) => ({ twice: n * 2 })));
    const snapshots = await Promise.all(jobs.map(async (job) => await job.get()));
    for (const [n, snapshot] of snapshots.entries())
      expect(snapshot).toMatchObject({
        id: jobs[n]?.id,
        type: contract.name,
        status: 'completed',
        attempt: 1,
        input: n,
        output: { twice: n * 2 },
        progress: { percent: 100 },
      });
    // Nothing to retry: the history is that of one job.
    const history = await (await temporalClient()).workflow.getHandle([...carriersOf(jobs)].at(-1) ?? '').fetchHistory();
    expect(history.events?.length).toBe(11);
  });

  test('fail, are tried again and are cancelled on their own', async () => {
    const contract = grouped({ retry: { maxAttempts: 3, initialInterval: '300ms', backoffCoefficient: 1 } });
    const { opened, open } = gate();
    const calls = new Map<unknown, number>();
    await runWorker({
      jobs: [
        handle(contract, async (input, { attempt, signal, idempotencyKey, jobId }) => {
          calls.set(input, (calls.get(input) ?? 0) + 1);
          if (input === 'never') throw new Error('never');
          if (input === 'twice' && attempt < 3) throw new Error(`attempt ${attempt}`);
          if (input === 'cancelled') await sleep(60_000, undefined, { signal });
          if (input === 'slow') await opened;
          return { attempt, idempotencyKey, jobId };
        }),
      ],
      concurrency: 10,
    });
    const inputs = ['first', 'second', ...Array.from({ length: 50 }, (_none, n) => n), 'never', 'twice', 'cancelled', 'slow'];
    const jobs = await addAll(contract, inputs);
    const jobOf = (input: unknown): JobHandle => jobs[inputs.indexOf(input as string)] as JobHandle;
    await Promise.all(inputs.filter((input) => typeof input === 'number').map(async (input) => await jobOf(input).result()));
    await expect(jobOf('never').result()).rejects.toMatchObject({ code: 'handler-failed', message: 'never' });
    expect(await jobOf('never').get()).toMatchObject({
      status: 'failed',
      attempt: 3,
      attempts: [{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }],
    });
    const { id } = jobOf('twice');
    const keyOf = (job: string): string => `${job}/${addressOf(job).place}`;
    expect(await jobOf('twice').result()).toEqual({ attempt: 3, jobId: id, idempotencyKey: keyOf(id) });
    // The same for an attempt in the chunk as for one in a call of its own.
    expect(await jobOf('second').result()).toMatchObject({ attempt: 1, idempotencyKey: keyOf(jobOf('second').id) });
    expect(await jobOf('cancelled').get()).toMatchObject({ status: 'processing' });
    await jobOf('cancelled').cancel({ reason: 'changed', actor: 'ada' });
    await expect(jobOf('cancelled').result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await jobOf('cancelled').get()).toMatchObject({ status: 'cancelled', cancelReason: 'changed', cancelledBy: 'ada' });
    expect(await jobOf('slow').get()).toMatchObject({ status: 'processing' });
    expect(calls.get('never')).toBe(3);
    expect([...calls].filter(([input]) => typeof input === 'number').map(([, count]) => count)).toEqual(
      Array.from({ length: 50 }, () => 1),
    );
    open();
    expect(await jobOf('slow').result()).toMatchObject({ attempt: 1 });
    await eventually('the workflow to end', async () => {
      const { status } = await (await temporalClient()).workflow.getHandle(addressOf(id).workflowId).describe();
      return status.name === 'COMPLETED';
    });
    expect(await jobOf('never').get()).toMatchObject({ status: 'failed' });
  });

  test('of 500, those that fail, are cancelled or take long hold up no other', async () => {
    const contract = grouped({ retry: { maxAttempts: 3, initialInterval: '1s', backoffCoefficient: 1 } });
    const { opened, open } = gate();
    await runWorker({
      jobs: [
        handle(contract, async (input, { attempt, signal }) => {
          if (input === 'never' || (input === 'twice' && attempt < 3)) throw new Error(input);
          if (input === 'long') await sleep(60_000, undefined, { signal });
          if (input === 'slow') await Promise.all([opened, sleep(100 * WORK_MS)]);
          await sleep(WORK_MS, undefined, { signal });
          return attempt;
        }),
      ],
      concurrency: 20,
    });
    const plain = Array.from({ length: 496 }, (_none, n) => n);
    const timed = async (inputs: readonly unknown[]) => {
      const startedAt = performance.now();
      const jobs = await addAll(contract, inputs);
      await Promise.all(jobs.filter((_job, at) => typeof inputs[at] === 'number').map(async (job) => await job.result()));
      return { jobs, tookMs: performance.now() - startedAt };
    };
    await timed(plain);
    const undisturbed = await timed(plain);
    const inputs = ['twice', 'never', 'long', 'slow', ...plain];
    const disturbed = await timed(inputs);
    const [twice, never, long, slow] = disturbed.jobs as [JobHandle, JobHandle, JobHandle, JobHandle];
    expect((await slow.get()).status).toBe('processing');
    expect(disturbed.tookMs - undisturbed.tookMs).toBeLessThan(MAX_HELD_UP_MS);
    open();
    await long.cancel();
    expect(await twice.result()).toBe(3);
    await expect(never.result()).rejects.toThrow('never');
    await expect(long.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await slow.result()).toBe(1);
    console.log(`undisturbed ${undisturbed.tookMs.toFixed(0)} ms, with four others ${disturbed.tookMs.toFixed(0)} ms`);
  });

  test('are cancelled one by one while they run, and the rest goes on', async () => {
    const contract = grouped({});
    const { opened, open } = gate();
    const begun = new Set<unknown>();
    await runWorker({
      jobs: [
        handle(contract, async (input, { signal }) => {
          begun.add(input);
          await Promise.race([
            opened,
            new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
          ]);
          return input;
        }),
      ],
      concurrency: 10,
    });
    const jobs = await addAll(contract, [...Array.from({ length: 30 }).keys()]);
    await eventually('ten to run', () => begun.size === 10);
    const [running] = [...begun] as [number];
    const waiting = Array.from({ length: 30 }, (_none, n) => n).find((n) => !begun.has(n)) ?? 0;
    const [of = jobs[0], later = jobs[0]] = [jobs[running], jobs[waiting]];
    await Promise.all([of?.cancel('not wanted'), later?.cancel()]);
    await expect(of?.result()).rejects.toMatchObject({ code: 'cancelled' });
    open();
    await expect(later?.result()).rejects.toMatchObject({ code: 'cancelled' });
    const rest = jobs.filter((job) => job !== of && job !== later);
    expect((await Promise.all(rest.map(async (job) => await job.result()))).length).toBe(28);
    expect(begun.has(waiting)).toBe(false);
    expect(await of?.cancel()).toBe('already-ended');
  });

  test('are counted one by one, whatever became of them, and are one row of a list', async () => {
    const contract = grouped({ name: `counted-${randomUUID()}`, retry: { maxAttempts: 1 } });
    const { opened, open } = gate();
    await runWorker({
      jobs: [
        handle(contract, async (input) => {
          if (input === 'fail') throw new Error('broken');
          if (input === 'wait') await opened;
        }),
      ],
      concurrency: 50,
    });
    const client = await connectClient();
    const filter = { type: contract.name };
    const first = await addAll(contract, [...Array.from({ length: 90 }, () => 'do'), ...Array.from({ length: 11 }, () => 'fail')]);
    await Promise.allSettled(first.map(async (job) => await job.result()));
    const ended = { completed: 90, failed: 11, cancelled: 0, isExact: true };
    await eventually(
      'the index to have them',
      async () => (await client.list({ ...filter, status: 'completed' })).jobs.length === carriersOf(first).size,
    );
    expect(await client.count(filter)).toMatchObject(ended);
    const pages: string[][] = [];
    let pageToken: string | undefined;
    do {
      const page = await client.list({ ...filter, error: 'broken', limit: 4, ...(pageToken === undefined ? {} : { pageToken }) });
      pages.push(page.jobs.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    expect(pages.flat().toSorted()).toEqual(
      first
        .slice(90)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(Math.max(...pages.map(({ length }) => length))).toBe(4);
    const [{ workflowId }] = first.slice(50).map(({ id }) => addressOf(id)) as [{ workflowId: string }];
    const idPrefix = `${workflowId}~`;
    const inIt = first.filter(({ id }) => id.startsWith(idPrefix));
    expect((await client.list({ idPrefix, limit: 500 })).jobs.map(({ id }) => id)).toEqual(inIt.map(({ id }) => id));
    expect((await client.list({ idPrefix, status: 'failed' })).jobs).toHaveLength((await client.count({ idPrefix })).failed);
    expect((await client.list({ idPrefix, error: 'broken' })).jobs).toHaveLength(
      (await client.count({ idPrefix, error: 'broken' })).failed,
    );
    expect((await client.list({ idPrefix, error: 'no such thing' })).jobs).toEqual([]);
    const second = await addAll(contract, [...Array.from({ length: 20 }, () => 'wait'), ...Array.from({ length: 30 }, () => 'do')]);
    await Promise.all(second.slice(20).map(async (job) => await job.result()));
    const other = await connectClient();
    const counts = await eventually('the open ones to be counted', async () => {
      const now = await other.count(filter);
      return now.processing === 20 && now;
    });
    expect(counts).toMatchObject({ queued: 0, completed: 120, failed: 11, isExact: false });
    await second[0]?.cancel();
    open();
    await Promise.allSettled(second.map(async (job) => await job.result()));
    const { jobs } = await client.list(filter);
    expect(jobs.length).toBe(carriersOf([...first, ...second]).size);
    expect(jobs.reduce((sum, { carries = 1 }) => sum + carries, 0)).toBe(151);
  });

  test('are deleted together, when all have ended', async () => {
    const contract = grouped({});
    await runWorker({ jobs: [handle(contract, () => 'done')], concurrency: 10 });
    const client = await connectClient();
    const jobs = await addAll(contract, [1, 2, 3, 4]);
    await Promise.all(jobs.map(async (job) => await job.result()));
    const { id } = jobs.at(-1) as JobHandle;
    const { workflowId } = addressOf(id);
    await expect(client.delete(id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`delete "${workflowId}"`) as string,
    });
    await eventually('the workflow to have ended', async () => (await client.get(workflowId))?.status === 'completed');
    await client.delete(workflowId);
    await eventually('it to be gone', async () => (await client.get(id)) === undefined);
  });

  test('hear of a cancel by their heartbeats when their workflow lives elsewhere, the later ones as well', async () => {
    const contract = grouped({});
    const stoppedAt = new Map<unknown, number>();
    const stopped = handle(contract, async (input, { signal }) => {
      begun.add(input);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      stoppedAt.set(input, performance.now());
      throw signal.reason;
    });
    const begun = new Set<unknown>();
    const worker = await startWorker({
      registry: new HandlerRegistry([stopped]),
      limits: new Map([[contract.queue, new HandlerLimit(10)]]),
      server: { address: serverAddress(), namespace: 'default' },
      log: silentLog,
      workflows: undefined,
      shutdownGraceMs: 500,
      signals: [],
      hasCancelNotices: false,
    });
    const running = worker.run();
    onTestFinished(async () => {
      worker.shutdown();
      await running;
    });
    const jobs = await addAll(contract, [1, 2, 3]);
    await eventually('all to run', () => begun.size === 3);
    const tookMs: number[] = [];
    for (const [index, job] of jobs.entries()) {
      const askedAt = performance.now();
      await job.cancel();
      await eventually('it to stop', () => stoppedAt.has(index + 1));
      tookMs.push((stoppedAt.get(index + 1) ?? 0) - askedAt);
      await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    }
    console.log(`cancels were heard of after ${tookMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    expect(Math.max(...tookMs)).toBeLessThan(10 * 1500);
  });

  test(`have a short history, also when all of ${WORST} fail and are tried again with much to say`, async () => {
    const contract = grouped({ retry: { maxAttempts: 2, initialInterval: '1s' }, checkpoint: z.string() });
    await runWorker({
      jobs: [
        handle(contract, (_input, { checkpoint }) => {
          checkpoint('c'.repeat(1000));
          throw new Error('m'.repeat(900));
        }),
      ],
      concurrency: 50,
    });
    const jobs = await addAll(
      contract,
      Array.from({ length: WORST }, () => 'i'.repeat(900)),
    );
    await Promise.allSettled(jobs.map(async (job) => await job.result()));
    const { workflow } = await temporalClient();
    for (const id of carriersOf(jobs)) {
      const { raw } = await workflow.getHandle(id).describe();
      const { historyLength, historySizeBytes } = raw.workflowExecutionInfo ?? {};
      const [events, bytes] = [Number(String(historyLength)), Number(String(historySizeBytes))];
      const carried = jobs.filter((job) => job.id.startsWith(id)).length;
      console.log(`${carried} failing jobs: ${events} events, ${bytes} bytes`);
      expect(events).toBeLessThan(Math.min(4096, 20 + 8 * carried));
      expect(bytes).toBeLessThan(Math.min(4_000_000, 20_000 + 10_000 * carried));
    }
  });

  test('tell their carrier nothing of their progress, which is in their heartbeats', async () => {
    const contract = grouped({ retry: { initialInterval: '1s' } });
    const { opened, open } = gate();
    await runWorker({
      jobs: [
        handle(contract, async (input, { attempt, progress }) => {
          if (input === 'once' && attempt === 1) throw new Error('broken');
          progress(40);
          await sleep(2500);
          progress(60);
          await opened;
        }),
      ],
    });
    const jobs = await addAll(contract, ['plain', 'once']);
    await eventually('both to be at 60 %', async () => {
      const snapshots = await Promise.all(jobs.map(async (job) => await job.get()));
      return snapshots.every(({ progress }) => progress?.percent === 60);
    });
    open();
    await Promise.all(jobs.map(async (job) => await job.result()));
    const { workflow } = await temporalClient();
    const [id = ''] = carriersOf(jobs);
    const { events } = await workflow.getHandle(id).fetchHistory();
    const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
    expect(new Set(signals)).toEqual(new Set([OUTCOMES]));
  });

  test('have outputs of any size that the payload folder takes', async () => {
    const contract = grouped({});
    await runWorker({ jobs: [handle(contract, (text) => String(text).repeat(3))], concurrency: 100 });
    const inputs = Array.from({ length: 300 }, (_none, n) => String(n).padEnd(n === 299 ? 3000 : 1300, '.'));
    const jobs = await addAll(contract, inputs);
    const outputs = await Promise.all(jobs.map(async (job) => await job.result()));
    expect(outputs).toEqual(inputs.map((text) => text.repeat(3)));
  });
});
