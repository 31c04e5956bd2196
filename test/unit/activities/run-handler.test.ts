import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Info } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { handle, type HandledJob, type HandlerContext } from '../../../src/activities/handle.ts';
import { Snooze } from '../../../src/activities/handler-errors.ts';
import { HandlerLimit } from '../../../src/activities/handler-limit.ts';
import { runHandledJob } from '../../../src/activities/run-handler.ts';
import { type AttemptState, beginAttempt, endBlockedAttempt } from '../../../src/contract/attempts.ts';
import { defineJob } from '../../../src/contract/define-job.ts';
import type { Log } from '../../../src/log.ts';
import { handlerHost } from './support/host.ts';

const contract = defineJob({ name: 'send', input: z.object({}) });
const aloneBefore = { worker: 'w0', startedAt: '2026-01-01T00:00:00.000Z', isAlone: true };

interface Running {
  readonly beats: AttemptState[];
  readonly ended: Promise<unknown>;
  readonly cancel: () => void;
}

interface Circumstances {
  /** The server's count. @default 1 */
  readonly attempt?: number;
  /** What the attempt before left in its heartbeats. */
  readonly details?: unknown;
  readonly limit?: HandlerLimit;
  readonly warn?: Log['warn'];
  /** The server's answer, before the handler is called. @default false */
  readonly isCancelled?: boolean;
}

function run(
  job: HandledJob,
  { attempt = 1, details, limit = new HandlerLimit(1), warn = ignore, isCancelled = false }: Circumstances = {},
): Running {
  const cancel = new AbortController();
  const beats: AttemptState[] = [];
  const info = { attempt, heartbeatDetails: details, activityType: job.contract.name, activityId: '1', taskQueue: 'mail' } as Info;
  const heartbeat = (state: AttemptState): number => beats.push(state);
  const cancellation = { cancellationSignal: cancel.signal, cancellationDetails: { cancelRequested: true } };
  const context = Object.assign({} as Context, { info, heartbeat, ...cancellation });
  const host = handlerHost({
    isCancelled: () => Promise.resolve(isCancelled),
    log: { debug: ignore, info: ignore, warn, error: ignore },
  });
  const ended = runHandledJob(job, {}, { context, options: {}, host, limit });
  return { beats, ended, cancel: () => cancel.abort() };
}

const never = (): never => {
  throw new Error('broken');
};

function ignore(): void {
  // Nobody reads it here.
}

describe('an attempt', () => {
  test('after a death tells the server who runs it before it calls its handler', async () => {
    const known: AttemptState[] = [];
    const job = handle(contract, () => void known.push(...running.beats));
    const running: Running = run(job, { attempt: 2, details: beginAttempt(undefined, 1, aloneBefore) });
    await running.ended;
    expect(known[0]).toMatchObject({ deaths: 1, deathsAlone: 1, running: { worker: 'w1', isAlone: true } });
  });

  test('that waits for a place is not the one that is alone in its process', async () => {
    const limit = new HandlerLimit(1);
    const release = await limit.acquire(new AbortController().signal);
    const { beats, ended } = run(
      handle(contract, () => 'done'),
      { limit },
    );
    await sleep(1000);
    release();
    await ended;
    expect(beats.length).toBeGreaterThan(0);
    expect(beats.map((state) => state.running?.isAlone)).toEqual(beats.map(() => false));
  });

  test('of a handler that killed its process three times, alone, is poison and does not call it', async () => {
    let calls = 0;
    const details: AttemptState = { ...beginAttempt(undefined, 3, aloneBefore), deathsAlone: 2 };
    const { ended } = run(
      handle(contract, () => (calls += 1)),
      { attempt: 4, details },
    );
    await expect(ended).rejects.toMatchObject({ type: 'poison', nonRetryable: true });
    expect(calls).toBe(0);
  });

  test('after the last one, which was counted while its worker was blocked, is not run: the job has failed as that one did', async () => {
    let calls = 0;
    const details = endBlockedAttempt(beginAttempt(undefined, 1, aloneBefore), 3000, new Date());
    const once = defineJob({ name: 'send', input: z.object({}), retry: { maxAttempts: 1 } });
    const { ended } = run(
      handle(once, () => (calls += 1)),
      { attempt: 2, details },
    );
    await expect(ended).rejects.toMatchObject({ type: 'timed-out', nonRetryable: true, details: [{ failures: 1 }] });
    expect(calls).toBe(0);
  });

  test('of a job that was cancelled while no worker was there does not call its handler, and keeps its record', async () => {
    let calls = 0;
    const { ended } = run(
      handle(contract, () => (calls += 1)),
      { attempt: 2, details: beginAttempt(undefined, 1, aloneBefore), isCancelled: true },
    );
    await expect(ended).rejects.toMatchObject({ name: 'CancelledFailure', details: [{ deaths: 1 }] });
    expect(calls).toBe(0);
  });

  test('of a handler that blocks the event loop for longer than its timeout has timed out, whatever it returns', async () => {
    const short = defineJob({ name: 'send', input: z.object({}), timeout: 20 });
    const block = (): string => {
      for (const endsAt = performance.now() + 40; performance.now() < endsAt;);
      return 'done';
    };
    await expect(run(handle(short, block)).ended).rejects.toMatchObject({ type: 'timed-out' });
  });

  test.each([['a text'], [{ row: 5 }], [null]])('that finds %j, a heartbeat of somebody else, begins anew', async (details) => {
    const { ended } = run(
      handle(contract, (_input, { attempt }: HandlerContext) => attempt),
      { details },
    );
    await expect(ended).resolves.toMatchObject({ output: 1 });
  });

  test.each([
    [
      'RetryAfter of another copy of the package',
      Object.assign(new Error('busy'), { name: 'RetryAfter', waitMs: 5000 }),
      { nextRetryDelay: 5000 },
    ],
    [
      'NonRetryable of another copy',
      Object.assign(new Error('no'), { name: 'NonRetryable' }),
      { nonRetryable: true, type: 'handler-failed' },
    ],
    ['a RetryAfter without sense', Object.assign(new Error('busy'), { name: 'RetryAfter', waitMs: Number.NaN }), { nonRetryable: false }],
  ])('that throws %s is understood', async (_what, error, failure) => {
    const { ended } = run(
      handle(contract, () => {
        throw error;
      }),
    );
    await expect(ended).rejects.toMatchObject(failure);
  });

  test('whose contract’s retryIf throws is tried again', async () => {
    const mistaken = defineJob({
      name: 'send',
      input: z.object({}),
      retryIf: () => {
        throw new Error('a mistake');
      },
    });
    await expect(run(handle(mistaken, never)).ended).rejects.toMatchObject({ nonRetryable: false });
  });

  test('that finds a checkpoint which no longer matches the schema begins without it, and says so once', async () => {
    const typed = defineJob({ name: 'send', input: z.object({}), checkpoint: z.object({ page: z.number() }) });
    const lines: unknown[] = [];
    const details: AttemptState = { ...beginAttempt(undefined, 1, aloneBefore), checkpoint: { row: 5 } };
    const { ended } = run(
      handle(typed, (_input, { lastCheckpoint }) => lastCheckpoint ?? 'none'),
      { details, attempt: 2, warn: (...line) => void lines.push(line) },
    );
    await expect(ended).resolves.toMatchObject({ output: 'none' });
    expect(lines).toMatchObject([['checkpoint not used', { type: 'send', error: expect.stringContaining('page: ') as string }]]);
  });

  test.each([
    ['whose schema answers later', z.object({ row: z.number() }).refine(async () => await sleep(1, true)), 'without async checks'],
    ['whose schema throws', { '~standard': { version: 1, vendor: 'test', validate: never } } as const, 'Its schema threw an error. broken'],
  ])('that keeps a checkpoint %s fails with invalid-checkpoint', async (_what, checkpoint, problem) => {
    const odd = defineJob({ name: 'send', input: z.object({}), checkpoint });
    const { ended } = run(handle(odd, (_input, context) => context.checkpoint({ row: 1 })));
    await expect(ended).rejects.toMatchObject({
      type: 'invalid-checkpoint',
      nonRetryable: true,
      message: expect.stringContaining(problem) as string,
    });
  });

  test('that was stopped while its input was checked does not call its handler, and gives back its place', async () => {
    const slow = defineJob({ name: 'slow', input: z.object({}).refine(async () => await sleep(200, true)) });
    const limit = new HandlerLimit(1);
    let calls = 0;
    const { ended, cancel } = run(
      handle(slow, () => (calls += 1)),
      { limit },
    );
    await sleep(20);
    cancel();
    await expect(ended).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect([calls, limit.running]).toEqual([0, 0]);
  });
});

test('a handler that is snoozed uses up no attempt: it is called again after the wait that it names', async () => {
  const lines: string[] = [];
  const snoozing = handle(contract, () => {
    throw new Snooze(1234.4, 'its turn comes later');
  });
  const { beats, ended } = run(snoozing, { warn: (message) => void lines.push(message) });
  await expect(ended).rejects.toMatchObject({
    type: 'snoozed',
    message: 'its turn comes later',
    nonRetryable: false,
    nextRetryDelay: 1234,
  });
  expect(beats.at(-1)).toMatchObject({ failures: 0, uncounted: 1, records: [], snoozed: 'its turn comes later' });
  expect(lines).toEqual([]);
});
