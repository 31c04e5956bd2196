/** Watching: what many watchers cost, the order of what they see, and what a slow one misses. The contract suite has the rest. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { JobClient, type JobHandle } from '../../src/client.ts';
import { defineJob, type JobSnapshot } from '../../src/contract/index.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { countedTemporal } from '../support/counted-temporal.ts';
import { connectClient, eventually, gate, ownQueue, runWorker } from '../support/jobs.ts';

const input = z.unknown();
const WATCHERS = 1000;

async function seenBy(job: JobHandle): Promise<JobSnapshot[]> {
  const seen: JobSnapshot[] = [];
  for await (const snapshot of job.watch()) seen.push(snapshot);
  return seen;
}

function isRising(versions: readonly number[]): boolean {
  return versions.every((version, index) => index === 0 || version > (versions[index - 1] ?? 0));
}

describe('watchers of a job', () => {
  test('make the calls of one, a thousand of them', async () => {
    const contract = defineJob({ name: 'watched', input, queue: ownQueue() });
    const gates = [gate(), gate()] as const;
    const run = async (_input: unknown, context: HandlerContext): Promise<void> => {
      await gates[0].opened;
      context.progress(50);
      await gates[1].opened;
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const { temporal, calls } = await countedTemporal();
    const client = JobClient.over(temporal);
    const job = await client.add(contract, {});
    await eventually('it to run', async () => (await job.get()).status === 'processing');
    calls.length = 0;
    const startedAt = Date.now();
    const watching = Array.from({ length: WATCHERS }, () => seenBy(job));
    gates[0].open();
    const first = job.watch();
    for await (const { progress } of first) if (progress?.percent === 50) break;
    gates[1].open();
    const all = await Promise.all(watching);
    const looks = calls.filter((what) => what.startsWith('read job')).length;
    // One look each quarter of a second, one at the start and one at the end.
    expect(looks).toBeLessThanOrEqual((Date.now() - startedAt) / 250 + 3);
    expect(calls.filter((what) => what.startsWith('wait for job'))).toHaveLength(1);
    expect(new Set(all.map((seen) => seen.at(-1)?.status))).toEqual(new Set(['completed']));
    expect(all.every((seen) => isRising(seen.map(({ version }) => version)))).toBe(true);
  });

  test('that stop let the looking end', async () => {
    const { temporal, calls } = await countedTemporal();
    const client = JobClient.over(temporal);
    const job = await client.add(defineJob({ name: 'watched', input, queue: ownQueue() }), {});
    for await (const { status } of job.watch()) if (status === 'queued') break;
    const left = job.watch();
    await left.next();
    await sleep(1500);
    calls.length = 0;
    await sleep(1500);
    expect(calls).toEqual([]);
  });

  test('of a delayed job make less than one call a second', async () => {
    const { temporal, calls } = await countedTemporal();
    const client = JobClient.over(temporal);
    const job = await client.add(defineJob({ name: 'watched', input, queue: ownQueue() }), {}, { delay: '1h' });
    const stop = new AbortController();
    const watch = job.watch({ signal: stop.signal });
    await watch.next();
    calls.length = 0;
    const next = watch.next();
    await sleep(5000);
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(calls.length).toBeLessThan(5);
  });

  test('that are slow get the newest, and always the end', async () => {
    const contract = defineJob({ name: 'watched', input, queue: ownQueue() });
    const { opened, open } = gate();
    const run = async (_input: unknown, context: HandlerContext): Promise<void> => {
      await opened;
      for (let percent = 1; percent < 100; percent += 1) {
        context.progress(percent);
        await sleep(20);
      }
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connectClient();
    const job = await client.add(contract, {});
    const seen: JobSnapshot[] = [];
    for await (const snapshot of job.watch()) {
      seen.push(snapshot);
      if (snapshot.status === 'processing' && seen.length < 50) {
        open();
        await job.result();
      }
    }
    expect(seen.at(-1)).toMatchObject({ status: 'completed', progress: { percent: 100 } });
    expect(seen.filter(({ status }) => status === 'processing')).toHaveLength(1);
  });
});

describe('the versions of a job', () => {
  test('rise across watchers of several clients, reconnects and single looks', async () => {
    const contract = defineJob({ name: 'watched', input, queue: ownQueue(), retry: { initialInterval: 1000, maxAttempts: 2 } });
    const run = async (_input: unknown, context: HandlerContext): Promise<void> => {
      for (let step = 0; step < 5; step += 1) {
        context.progress(context.attempt * 40 + step);
        await sleep(100);
      }
      if (context.attempt === 1) throw new Error('broken');
    };
    const clients = [await connectClient(), await connectClient(), await connectClient()] as const;
    const { id } = await clients[0].add(contract, {}, { delay: '1s' });
    const log: JobSnapshot[] = [];
    const follow = async (client: JobClient): Promise<void> => {
      for await (const snapshot of client.watch(id)) log.push(snapshot);
    };
    const reconnect = async (client: JobClient): Promise<void> => {
      for (;;) {
        const { value } = await client.watch(id).next();
        if (value === undefined) throw new Error('Expected a snapshot.');
        log.push(value);
        if (value.status === 'completed') return;
        await sleep(50);
      }
    };
    const following = Promise.all([follow(clients[0]), follow(clients[1]), reconnect(clients[2])]);
    await eventually('it to be due', async () => (await clients[0].get(id))?.status !== 'delayed');
    await runWorker({ jobs: [handle(contract, run)] });
    await following;
    const byVersion = log.toSorted((one, other) => one.version - other.version);
    const rank = { delayed: 0, queued: 1, processing: 2, retrying: 2, cancelling: 3, completed: 4, failed: 4, cancelled: 4 };
    // A further attempt that is due waits for its turn in the queue, too.
    const ranks = byVersion.map(({ status, attempts }) => (status === 'queued' && attempts.length > 0 ? rank.retrying : rank[status]));
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    const percents = byVersion.map(({ progress }) => progress?.percent ?? 0);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(new Set(byVersion.filter(({ status }) => status === 'completed').map(({ version }) => version)).size).toBe(1);
  });
});
