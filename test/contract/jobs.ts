/**
 * What anybody who adds jobs can rely on, whichever way the jobs go in: one suite for every client.
 * Owns what is seen from outside. What happens inside a worker is in `test/workflow/`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JobSnapshot } from '../../src/contract/index.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { eventually, gate, runWorker } from '../support/jobs.ts';
import { byHand } from './by-hand.ts';
import { cancelling } from './cancel.ts';
import { cleaningUp } from './clean-up.ts';
import { duplicates } from './duplicates.ts';
import { manyJobs } from './many-jobs.ts';
import { theOrder } from './order.ts';
import { narrowedLists, repeats, tenants } from './repeats-and-tenants.ts';
import { retries } from './retries.ts';
import { retryByHand } from './retry-by-hand.ts';
import { statistics } from './statistics.ts';
import { type ContractClient, contractOf, isStatus, type SuiteTraits } from './support.ts';
import { theEnd } from './the-end.ts';
import { timeLimits } from './time-limits.ts';
import { valuesContract } from './values.ts';

const address = z.object({ to: z.email(), tags: z.array(z.string()).default([]) });
const FAST_RETRY = { initialInterval: 1 } as const;

/** Runs the suite with the clients that `connect` gives: the whole, or every `of`-th of its parts, so that files can share it. */
export function jobsContract(
  name: string,
  connect: () => Promise<ContractClient>,
  { part = 1, of = 1, isShared = false, only }: SuiteOptions = {},
): void {
  for (const [title, suite] of SUITES.filter(([title], index) => index % of === part - 1 && only?.includes(title) !== false)) {
    describe(`${name}: ${title}`, () => {
      suite(connect, { isShared });
    });
  }
}

interface SuiteOptions extends Partial<SuiteTraits> {
  readonly part?: number;
  readonly of?: number;
  /** Titles of the suites. @default all */
  readonly only?: readonly string[];
}

const SUITES: readonly (readonly [string, (connect: () => Promise<ContractClient>, traits: SuiteTraits) => void])[] = [
  ['a job', theLifeOfAJob],
  ['the end of a job', theEnd],
  ['values', valuesContract],
  ['attempts that fail', retries],
  ['time limits', timeLimits],
  ['what is added', whatIsAdded],
  ['the order', theOrder],
  ['duplicates', duplicates],
  ['repeated adds', repeats],
  ['jobs of a tenant', tenants],
  ['lists can be narrowed', narrowedLists],
  ['by hand', byHand],
  ['retry by hand', retryByHand],
  ['lists and counts', listsAndCounts],
  ['watching', watching],
  ['cancel', cancelling],
  ['clean-up', cleaningUp],
  ['why a job waits', whyItWaits],
  ['with no worker up', withNoWorker],
  ['statistics', statistics],
  ['many jobs', manyJobs],
];

function theLifeOfAJob(connect: () => Promise<ContractClient>): void {
  test('that was added completes, and its output is what the handler returned', async () => {
    const contract = contractOf({ output: z.object({ sum: z.number() }) });
    await runWorker({ jobs: [handle(contract, () => ({ sum: 3 }))] });
    const client = await connect();
    const job = await client.add(contract, { a: 1, b: 2 });
    await expect(job.result()).resolves.toEqual({ sum: 3 });
    expect(await job.get()).toMatchObject({
      id: job.id,
      type: 'contract-job',
      queue: contract.queue,
      status: 'completed',
      priority: 'normal',
      attempt: 1,
      maxAttempts: 3,
      attempts: [],
      progress: { percent: 100 },
      input: { a: 1, b: 2 },
      output: { sum: 3 },
      waitingFor: null,
    });
  });

  test('returns what JSON can carry, nothing included', async () => {
    const contract = contractOf({});
    await runWorker({ jobs: [handle(contract, (input) => input)] });
    const client = await connect();
    const outputs = [undefined, null, 0, '', [1, 'two', { three: [] }], { 'key with ünicode': '✓' }];
    const jobs = await Promise.all(outputs.map((output) => client.add(contract, output)));
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(outputs);
  });

  test('gets the input with the schema’s defaults; the input itself travels as it was given', async () => {
    const contract = contractOf({ input: address });
    await runWorker({ jobs: [handle(contract, (input) => input)] });
    const client = await connect();
    const job = await client.add(contract, { to: 'a@b.example' });
    await expect(job.result()).resolves.toEqual({ to: 'a@b.example', tags: [] });
    expect((await job.get()).input).toEqual({ to: 'a@b.example' });
  });

  test('that fails for good rejects with its code and the record of its attempts', async () => {
    const contract = contractOf({ retry: { ...FAST_RETRY, maxAttempts: 2 } });
    const fail = (_input: unknown, { attempt }: HandlerContext): never => {
      throw Object.assign(new Error(`broken ${attempt}`), { code: 'E_BROKEN' });
    };
    await runWorker({ jobs: [handle(contract, fail)] });
    const client = await connect();
    const job = await client.add(contract, {});
    await expect(job.result()).rejects.toMatchObject({
      name: 'JobError',
      code: 'handler-failed',
      message: 'broken 2',
      details: { id: job.id, code: 'E_BROKEN', attempts: [{ error: { message: 'broken 1' } }, { error: { message: 'broken 2' } }] },
    });
    const snapshot = await job.get();
    expect(snapshot).toMatchObject({
      status: 'failed',
      attempt: 2,
      maxAttempts: 2,
      error: { code: 'E_BROKEN', message: 'broken 2' },
      waitingFor: null,
    });
    expect(snapshot).not.toHaveProperty('output');
  });

  test('whose handler listens is stopped at its timeout and has timed out', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 }, timeout: 100 });
    let reason: unknown;
    const listen = async (_input: unknown, { signal }: HandlerContext): Promise<void> => {
      await sleep(60_000, undefined, { signal }).catch(() => (reason = signal.reason as unknown));
      throw new Error('stopped');
    };
    await runWorker({ jobs: [handle(contract, listen)] });
    const client = await connect();
    const job = await client.add(contract, {});
    await expect(job.result()).rejects.toMatchObject({ code: 'timed-out', message: 'The attempt took longer than its timeout of 100 ms.' });
    expect(reason).toMatchObject({ code: 'timed-out' });
    expect((await job.get()).attempts).toMatchObject([{ attempt: 1, outcome: 'timed-out', error: { code: 'timed-out' } }]);
  });

  test('whose handler is deaf times out all the same', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const { opened } = gate();
    await runWorker({ jobs: [handle(contract, () => opened)] });
    const client = await connect();
    const job = await client.add(contract, {}, { timeout: 100 });
    await expect(job.result()).rejects.toMatchObject({ code: 'timed-out' });
  });

  test('that is delayed does not start before its time', async () => {
    const contract = contractOf({});
    await runWorker({ jobs: [handle(contract, () => Date.now())] });
    const client = await connect();
    const job = await client.add(contract, {}, { delay: '2s' });
    const { status, waitingFor, runAt, addedAt } = await job.get();
    expect({ status, code: waitingFor?.code, until: waitingFor?.until }).toEqual({ status: 'delayed', code: 'start-time', until: runAt });
    expect(Date.parse(runAt ?? '') - Date.parse(addedAt)).toBe(2000);
    expect(await job.result()).toBeGreaterThanOrEqual(Date.parse(addedAt) + 1990);
  });

  test('with a time to start at does not start before it', async () => {
    const contract = contractOf({});
    await runWorker({ jobs: [handle(contract, () => Date.now())] });
    const client = await connect();
    const at = Date.now() + 1500;
    const job = await client.add(contract, {}, { runAt: new Date(at) });
    expect((await job.get()).status).toBe('delayed');
    expect(await job.result()).toBeGreaterThanOrEqual(at - 10);
  });

  test('of an unknown id is not there', async () => {
    const client = await connect();
    const id = randomUUID();
    expect(await client.get(id)).toBeUndefined();
    const unknown = { name: 'JobError', code: 'not-found', message: expect.stringContaining(id) as string };
    await expect(client.job(id).get()).rejects.toMatchObject(unknown);
    await expect(client.result(id)).rejects.toMatchObject(unknown);
    await expect(client.cancel(id)).rejects.toMatchObject(unknown);
    await expect(client.watch(id).next()).rejects.toMatchObject(unknown);
  });

  test('whose result is no longer waited for goes on', async () => {
    const contract = contractOf({});
    const { opened, open } = gate();
    await runWorker({ jobs: [handle(contract, () => opened)] });
    const client = await connect();
    const job = await client.add(contract, {});
    const reason = new Error('enough waited');
    await expect(job.result({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const waiting = job.result({ signal: abort.signal });
    await isStatus(job, 'processing');
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    open();
    await expect(job.result()).resolves.toBeUndefined();
  });
}

function whatIsAdded(connect: () => Promise<ContractClient>): void {
  const contract = contractOf({ input: address });
  const good = { to: 'a@b.example' };
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;

  test.each([
    [undefined, 'invalid-input', /^The input of "contract-job" does not match its contract\. .*expected object, received undefined/],
    ['a@b.example', 'invalid-input', /expected object, received string/],
    [{}, 'invalid-input', /to: Invalid input: expected string, received undefined/],
    [{ to: 'nobody' }, 'invalid-input', /to: Invalid email address/],
    [{ ...good, tags: [1, 2] }, 'invalid-input', /tags\.0: .*received number; tags\.1: /],
    [{ to: Number.NaN }, 'invalid-input', /^The input of "contract-job" has NaN at to, which JSON would turn into null\./],
    [{ ...good, more: 10n }, 'invalid-input', /^The input of "contract-job" cannot be written as JSON: .*BigInt/],
    [{ ...good, cycle }, 'invalid-input', /cannot be written as JSON: .*circular/],
  ])('has to match the contract (%#)', async (input, code, message) => {
    const client = await connect();
    await expect(client.add(contract, input as never)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect((await client.list({ queue: contract.queue })).jobs).toEqual([]);
  });

  test.each([
    [{ delay: Number.NaN }, /^Expected delay to be a duration .* got: NaN\.$/],
    [{ delay: 'soon' }, /^Expected delay to be a duration .* got: "soon"\.$/],
    [{ timeout: -1 }, /^Expected timeout to be a duration .* got: -1\.$/],
    [{ timeout: 0 }, /^Expected timeout to be between 1 ms and 24 days/],
    [{ maxAttempts: 0 }, /^Expected maxAttempts to be a whole number from 1 to 1000, got: 0\.$/],
    [{ maxAttempts: 1.5 }, /got: 1\.5\.$/],
    [{ priority: 'urgent' }, /^Expected priority to be one of highest, high, normal, low, lowest, or a whole number, got: "urgent"\.$/],
    [{ runAt: 'tomorrow' }, /^Expected runAt to be a Date, or an ISO 8601 text/],
    [{ key: '' }, /^Expected key to be a text of 1 to 64 characters/],
    [{ tags: ['a\nb'] }, /^Expected a tag to be a text of 1 to 100 characters without control characters, got: "a\\nb"\.$/],
    [{ tags: ['say "hi"'] }, /^Expected a tag to be a text without quotation marks and backslashes, got: /],
    [{ queue: '' }, /^Expected queue to be a text of 1 to 200 characters/],
    [
      { dealy: '5s' },
      /^Unknown add options: "dealy"\. Known are: delay, runAt, priority, key, maxAttempts, retry, timeout, deadline, expiresIn, notify, tags, queue, tenant, idempotencyKey, dedupeKey, dedupeWindow, onDuplicate\.$/,
    ],
  ])('has options that make sense: not %j', async (options, message) => {
    const client = await connect();
    await expect(client.add(contract, good, options as never)).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringMatching(message) as string,
    });
  });

  test('has an id that no other job has', async () => {
    const client = await connect();
    const [one, other] = await Promise.all([client.add(contract, good), client.add(contract, good)]);
    expect(one.id).not.toBe(other.id);
  });
}

function listsAndCounts(connect: () => Promise<ContractClient>, { isShared }: SuiteTraits): void {
  test.skipIf(isShared)('have the jobs of every status, found by status, queue, type and tags', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const { opened } = gate();
    const run = async (input: unknown): Promise<void> => {
      if (input === 'fail') throw new Error('broken');
      if (input === 'wait') await opened;
    };
    await runWorker({ jobs: [handle(contract, run)], concurrency: 2 });
    const client = await connect();
    const tag = `it's ${randomUUID()} (100%) OR ünïcode`;
    const jobs = {
      completed: await client.add(contract, 'end', { tags: [tag, 'first'] }),
      failed: await client.add(contract, 'fail', { tags: [tag] }),
      cancelled: await client.add(contract, 'end', { delay: '1h' }),
      delayed: await client.add(contract, 'end', { delay: '1h' }),
    };
    await jobs.cancelled.cancel();
    await Promise.allSettled([jobs.completed.result(), jobs.failed.result(), jobs.cancelled.result()]);
    const processing = [await client.add(contract, 'wait'), await client.add(contract, 'wait')];
    await Promise.all(processing.map((job) => isStatus(job, 'processing')));
    const queued = await client.add(contract, 'end', { priority: 'low' });
    const { queue } = contract;
    const idsOf = async (filter: object): Promise<string[]> =>
      (await client.list({ queue, ...filter })).jobs.map(({ id }) => id).toSorted();
    await eventually(
      'the index to have all of them',
      async () => (await idsOf({})).length === 7 && (await idsOf({ status: 'cancelled' })).length === 1,
    );
    for (const [status, job] of Object.entries({ ...jobs, queued })) expect(await idsOf({ status })).toEqual([job.id]);
    expect(await idsOf({ status: 'processing' })).toEqual(processing.map(({ id }) => id).toSorted());
    expect(await idsOf({ status: 'retrying' })).toEqual([]);
    expect(await idsOf({ tags: [tag] })).toEqual([jobs.completed.id, jobs.failed.id].toSorted());
    expect(await idsOf({ tags: [tag, 'first'], status: 'completed', type: 'contract-job' })).toEqual([jobs.completed.id]);
    expect(await idsOf({ type: 'another-job' })).toEqual([]);
    expect(await idsOf({ tags: ['FIRST'] })).toEqual([]);
    expect((await client.list({ queue, tags: ['first'] })).jobs).toMatchObject([
      { tags: [tag, 'first'], status: 'completed', priority: 'normal' },
    ]);
    expect(await client.count({ queue })).toEqual({
      delayed: 1,
      queued: 1,
      processing: 2,
      retrying: 0,
      cancelling: 0,
      completed: 1,
      failed: 1,
      cancelled: 1,
      isExact: true,
      assumedQueued: 0,
    });
  });

  test.skipIf(isShared)('come in pages, newest first, until there is no token', async () => {
    const contract = contractOf({});
    const client = await connect();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.unshift((await client.add(contract, index)).id);
    const { queue } = contract;
    await eventually('the index to have all of them', async () => (await client.list({ queue })).jobs.length === 5);
    const seen: string[][] = [];
    let pageToken: string | undefined;
    do {
      const page = await client.list({ queue, limit: 2, ...(pageToken === undefined ? {} : { pageToken }) });
      seen.push(page.jobs.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    expect(seen.flat()).toEqual(ids);
    expect(Math.max(...seen.map((page) => page.length))).toBe(2);
  });

  test.each([
    [{ status: 'done' }, /^Expected status to be one of delayed, queued, .* got: "done"\.$/],
    [{ limit: 0 }, /^Expected limit to be a whole number from 1 to 500, got: 0\.$/],
    [{ limit: 501 }, /got: 501\.$/],
    [{ pageToken: 'garbage' }, /^Expected pageToken to be the nextPageToken of the page before, got: "garbage"\.$/],
    [{ pageToken: 5 }, /^Expected pageToken to be a text/],
    [{ tags: 'a' }, /^Expected tags to be a list/],
    [
      { sort: 'asc' },
      /^Unknown list options: "sort"\. Known are: status, type, queue, tags, key, tenant, idPrefix, addedAfter, addedBefore, error, batch, parent, limit, pageToken\.$/,
    ],
  ])('refuse %j', async (options, message) => {
    const client = await connect();
    await expect(client.list(options as never)).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringMatching(message) as string,
    });
  });
}

function watching(connect: () => Promise<ContractClient>): void {
  test('gives the job as it is, then each change, its end last; progress never goes down', async () => {
    const contract = contractOf({ retry: { ...FAST_RETRY, maxAttempts: 2 } });
    const gates = [gate(), gate(), gate()] as const;
    const run = async (_input: unknown, context: HandlerContext): Promise<string> => {
      context.progress(context.attempt === 1 ? 40 : 10, `attempt ${context.attempt}`);
      await gates[context.attempt]?.opened;
      if (context.attempt === 1) throw new Error('broken');
      context.progress(80);
      return 'done';
    };
    const client = await connect();
    const job = await client.add(contract, {});
    const seen: JobSnapshot[] = [];
    let worker: Promise<unknown> | undefined;
    for await (const snapshot of job.watch()) {
      seen.push(snapshot);
      worker ??= runWorker({ jobs: [handle(contract, run)] });
      if (snapshot.status === 'processing' && snapshot.progress?.message !== undefined) gates[snapshot.attempt === 1 ? 1 : 2].open();
    }
    await worker;
    expect(seen[0]).toMatchObject({ status: 'queued', attempt: 0, progress: null });
    expect(seen.at(-1)).toMatchObject({ status: 'completed', attempt: 2, progress: { percent: 100 }, output: 'done' });
    const percents = seen.map(({ progress }) => progress?.percent ?? 0);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(seen.map(({ attempt }) => attempt)).toEqual(seen.map(({ attempt }) => attempt).toSorted((a, b) => a - b));
    const changes = seen.map((snapshot) => JSON.stringify(snapshot));
    expect(changes.filter((change, index) => change === changes[index - 1])).toEqual([]);
    expect(seen.filter(({ status }) => status === 'completed')).toHaveLength(1);
    const versions = seen.map(({ version }) => version);
    expect(versions, 'each is newer than the one before').toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    expect((await job.get()).version).toBeGreaterThanOrEqual(versions.at(-1) ?? 0);
    expect(seen.map(({ progress }) => progress?.message)).toContain('attempt 1');
  });

  test('of a job that has ended gives its end and nothing more', async () => {
    const contract = contractOf({});
    await runWorker({ jobs: [handle(contract, () => 'done')] });
    const client = await connect();
    const job = await client.add(contract, {});
    await job.result();
    const seen = [];
    for await (const snapshot of client.watch(job.id)) seen.push(snapshot.status);
    expect(seen).toEqual(['completed']);
  });

  test('ends without an error when its signal fires', async () => {
    const client = await connect();
    const job = await client.add(contractOf({}), {});
    const abort = new AbortController();
    const seen = [];
    for await (const snapshot of job.watch({ signal: abort.signal })) {
      seen.push(snapshot.status);
      abort.abort();
    }
    expect(seen).toEqual(['queued']);
  });
}

function whyItWaits(connect: () => Promise<ContractClient>): void {
  test('for a free place, and how many are ahead of it; or for a handler that the workers there do not have', async () => {
    const contract = contractOf({});
    const { queue } = contract;
    const { opened, open } = gate();
    await runWorker({ jobs: [handle(contract, () => opened)], concurrency: 1 });
    const client = await connect();
    await isStatus(await client.add(contract, {}), 'processing');
    const [first, second] = [await client.add(contract, {}), await client.add(contract, {})];
    const waiting = await eventually('its place', async () => {
      const { waitingFor } = await second.get();
      return waitingFor?.ahead === 1 && waitingFor;
    });
    expect(waiting).toMatchObject({ code: 'queue', queue, workers: 1, sentence: expect.stringContaining(queue) as string });
    open();
    await Promise.all([first.result(), second.result()]);
    const unknown = await client.add(contractOf({ name: 'unknown-there', queue }), {});
    const missing = await eventually('the handler to be missed', async () => {
      const { waitingFor } = await unknown.get();
      return waitingFor?.code === 'handler' && waitingFor;
    });
    expect(missing).toMatchObject({ queue, type: 'unknown-there', sentence: expect.stringContaining('unknown-there') as string });
  });
}

function withNoWorker(connect: () => Promise<ContractClient>): void {
  test('a new job is queued, and says for which queue it needs a worker', async () => {
    const contract = contractOf({});
    const client = await connect();
    const job = await client.add(contract, {});
    expect(await job.get()).toMatchObject({ status: 'queued', attempt: 0, waitingFor: { code: 'no-worker', queue: contract.queue } });
  });

  test('a retrying job keeps its record, its progress and the time of its next attempt', async () => {
    const contract = contractOf({ retry: { initialInterval: '1h', jitter: 0 } });
    const fail = (_input: unknown, context: HandlerContext): never => {
      context.progress(30, 'reading');
      context.checkpoint({ row: 3 });
      throw new Error('broken');
    };
    const worker = await runWorker({ jobs: [handle(contract, fail)] });
    const client = await connect();
    const job = await client.add(contract, {});
    await isStatus(job, 'retrying');
    await worker.stop();
    expect(await job.get()).toMatchObject({
      status: 'retrying',
      attempt: 1,
      progress: { percent: 30, message: 'reading' },
      checkpoint: { row: 3 },
      attempts: [{ attempt: 1, outcome: 'failed', backoffMs: 3_600_000, error: { code: 'handler-failed', message: 'broken' } }],
      waitingFor: { code: 'retry' },
    });
  });

  test('a job whose worker was shut down waits for another, its attempt not used up', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const run = async (_input: unknown, context: HandlerContext): Promise<void> => {
      context.progress(60);
      await sleep(60_000, undefined, { signal: context.signal });
    };
    const worker = await runWorker({ jobs: [handle(contract, run)], shutdownGrace: 0 });
    const client = await connect();
    const job = await client.add(contract, {});
    await isStatus(job, 'processing');
    await worker.stop();
    await eventually('that it waits for a worker', async () => (await job.get()).waitingFor?.code === 'no-worker');
    expect(await job.get()).toMatchObject({
      status: 'queued',
      attempt: 1,
      progress: { percent: 60 },
      attempts: [{ attempt: 1, outcome: 'shutdown' }],
    });
  });

  test('what has ended is known', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const run = (input: unknown): string => {
      if (input === 'fail') throw new Error('broken');
      return 'done';
    };
    const worker = await runWorker({ jobs: [handle(contract, run)] });
    const client = await connect();
    const [completed, failed] = [await client.add(contract, 'end'), await client.add(contract, 'fail')];
    await Promise.allSettled([completed.result(), failed.result()]);
    await worker.stop();
    expect(await completed.get()).toMatchObject({ status: 'completed', output: 'done' });
    expect(await failed.get()).toMatchObject({ status: 'failed', error: { message: 'broken' }, attempts: [{ outcome: 'failed' }] });
    await expect(failed.result()).rejects.toThrow('broken');
  });
}
