/** What users' own tests get: handlers, retries and delays in virtual time, quietly. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testEnvironment, type TestEnvironment } from '../../src/testing/index.ts';
import { eventually } from '../support/jobs.ts';
import { endless, flaky, greet, handled, impatient, patient, stops } from './jobs.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Starting a handler takes real time, which the clock shows as well; on a busy machine seconds of it. */
const LATENESS_MS = 5 * SECOND;

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await testEnvironment({ jobs: handled });
});
afterAll(() => environment.close());

/** Waits between the attempts of a job, in full milliseconds of the clock. */
async function waitsOf(jobId: string): Promise<number[]> {
  const times = await environment.attemptTimes(jobId);
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

function expectWaits(waits: readonly number[], expected: readonly number[], latenessMs = LATENESS_MS): void {
  expect(waits).toHaveLength(expected.length);
  for (const [index, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(expected[index] ?? 0);
    expect(wait).toBeLessThan((expected[index] ?? 0) + latenessMs);
  }
}

describe('a retry', () => {
  it('lets a job that fails twice succeed on attempt 3, after 1 s and 2 s', { retry: 2 }, async () => {
    const job = await environment.jobs.add(flaky, { until: 3 });
    expect(await job.result()).toMatchObject({ attempt: 3 });
    expectWaits(await waitsOf(job.id), [SECOND, 2 * SECOND], 0.9 * SECOND);
    const { status, attempt, attempts } = (await environment.jobs.get(job.id)) ?? {};
    expect({ status, attempt }).toEqual({ status: 'completed', attempt: 3 });
    expect(attempts?.map(({ error, backoffMs }) => [error.message, backoffMs])).toEqual([
      ['not yet, at attempt 1', SECOND],
      ['not yet, at attempt 2', 2 * SECOND],
    ]);
  });

  it('hands each attempt the checkpoint of the one before', async () => {
    const job = await environment.jobs.add(flaky, { until: 3 });
    expect(await job.result()).toEqual({ attempt: 3, before: 2 });
  });

  it.each([
    { contract: impatient, what: 'a coefficient of 1', until: 4, waits: [MINUTE, MINUTE, MINUTE] },
    { contract: patient, what: 'a longest wait', until: 5, waits: [HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR] },
  ])('waits as $what says', async ({ contract, until, waits }) => {
    const job = await environment.jobs.add(contract, { until });
    expect(await job.result()).toMatchObject({ attempt: until });
    expectWaits(await waitsOf(job.id), waits);
  });

  it.each([1, 2, 4])('ends the job after maxAttempts, here %i', async (maxAttempts) => {
    const job = await environment.jobs.add(patient, { until: 100 }, { maxAttempts });
    await expect(job.result()).rejects.toMatchObject({ code: 'handler-failed', message: `not yet, at attempt ${maxAttempts}` });
    expect(await environment.attemptTimes(job.id)).toHaveLength(maxAttempts);
    expect((await job.get()).attempts).toHaveLength(maxAttempts);
  });
});

describe('the clock', () => {
  it('lets an hour of delay pass in moments', async () => {
    const startedAt = performance.now();
    const job = await environment.jobs.add(greet, { name: 'world' }, { delay: '1h' });
    expect((await job.get()).status).toBe('delayed');
    expect(await job.result()).toBe('Hello world');
    expectWaits(await environment.attemptTimes(job.id), [HOUR]);
    expect(performance.now() - startedAt).toBeLessThan(MINUTE);
  });

  it('is moved by skip: what is due in between happens, and no more', async () => {
    const job = await environment.jobs.add(greet, { name: 'world' }, { delay: '1h' });
    await environment.time.skip('59m');
    expect((await job.get()).status).toBe('delayed');
    expect(await environment.attemptTimes(job.id)).toEqual([]);
    await environment.time.skip('2m');
    expect((await job.get()).status).toBe('completed');
  });

  it('goes past the end of a job by at most a fifth', async () => {
    const before = await environment.time.now();
    const job = await environment.jobs.add(greet, { name: 'world' }, { delay: '10h' });
    await job.result();
    const passed = (await environment.time.now()) - before;
    expect(passed).toBeGreaterThanOrEqual(10 * HOUR);
    expect(passed).toBeLessThan(12 * HOUR + 5 * SECOND);
  });

  it('stands still, but for the real time, while nobody waits', async () => {
    await environment.jobs.add(greet, { name: 'world' }, { delay: '1h' });
    const before = await environment.time.now();
    expect((await environment.time.now()) - before).toBeLessThan(LATENESS_MS);
  });

  it('is moved by one at a time, when several wait', async () => {
    const jobs = await Promise.all([1, 2, 3].map((hours) => environment.jobs.add(greet, { name: String(hours) }, { delay: hours * HOUR })));
    const results = Promise.all(jobs.map((job) => job.result()));
    await environment.time.skip('10m');
    expect(await results).toEqual(['Hello 1', 'Hello 2', 'Hello 3']);
  });

  it('stops when the wait for a result is given up', async () => {
    const job = await environment.jobs.add(endless, {});
    const giveUp = new AbortController();
    const waiting = job.result({ signal: giveUp.signal });
    giveUp.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const before = await environment.time.now();
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect((await environment.time.now()) - before).toBeLessThan(HOUR);
  });
});

describe('a cancel', () => {
  it('stops a handler by its signal', async () => {
    const job = await environment.jobs.add(endless, {});
    await eventually('the handler runs', async () => (await environment.attemptTimes(job.id)).length === 1);
    expect(await job.cancel('not needed')).toBe('requested');
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await job.get()).toMatchObject({ status: 'cancelled', cancelReason: 'not needed' });
    expect(stops.at(-1)).toBe('cancelled');
  });

  it('ends a job between two attempts, and no other attempt starts', async () => {
    const job = await environment.jobs.add(patient, { until: 100 });
    await eventually('the first attempt has run', async () => (await job.get()).attempts.length === 1);
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    await environment.time.skip('2d');
    expect(await environment.attemptTimes(job.id)).toHaveLength(1);
  });
});

describe('on this server', () => {
  it.each([
    ['list', () => environment.jobs.list()],
    ['count', () => environment.jobs.count()],
  ])('%s fails with "internal"', async (_name, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('unimplemented') as unknown });
  });

  it('a priority is dropped, tags are kept', async () => {
    const job = await environment.jobs.add(greet, { name: 'world' }, { priority: 'high', tags: ['a', 'b'] });
    expect(await job.get()).toMatchObject({ priority: 'normal', tags: ['a', 'b'] });
  });

  it('a job between two attempts is shown as processing', async () => {
    const job = await environment.jobs.add(patient, { until: 2 });
    const snapshot = await eventually('the first attempt has run', async () => {
      const seen = await job.get();
      return seen.attempts.length === 1 && seen;
    });
    expect(snapshot).toMatchObject({ status: 'processing', waitingFor: null });
  });
});
