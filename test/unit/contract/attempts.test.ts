import { describe, expect, test } from 'vitest';
import {
  asAttemptState,
  type AttemptRecord,
  type AttemptState,
  attemptError,
  beginAttempt,
  endAttempt,
  endBlockedAttempt,
  snoozeAttempt,
} from '../../../src/contract/attempts.ts';

const running = { worker: 'w1', startedAt: '2026-01-01T00:00:00.000Z', isAlone: false };

describe('the record of attempts', () => {
  test('a first attempt begins with nothing', () => {
    expect(beginAttempt(undefined, 1, running)).toEqual({ failures: 0, uncounted: 0, deaths: 0, deathsAlone: 0, records: [], running });
  });

  test('a failure and a timeout use up an attempt, a shutdown does not', () => {
    const state = (['failed', 'shutdown', 'timed-out'] as const).reduce(
      (before, outcome) => endAttempt(before, record({ outcome })),
      beginAttempt(undefined, 1, running),
    );
    expect(state).toMatchObject({ failures: 2, uncounted: 1, deaths: 0 });
    expect(state.running).toBeUndefined();
    expect(state.records.map(({ outcome }) => outcome)).toEqual(['failed', 'shutdown', 'timed-out']);
  });

  test('of several attempts without a report only the one that left the record can have been alone', () => {
    const alone = beginAttempt(undefined, 1, { ...running, isAlone: true });
    expect(beginAttempt(alone, 4, running)).toMatchObject({ deaths: 3, deathsAlone: 1 });
  });

  test('an attempt whose time was over while its worker was blocked is counted, and the next one knows nothing of a block', () => {
    const blocked = { ...beginAttempt(undefined, 1, running), blockedSince: running.startedAt };
    const ended = endBlockedAttempt(blocked, 3000, new Date('2026-01-01T00:00:04.000Z'));
    const next = beginAttempt(ended, 2, { ...running, worker: 'w2' });
    expect(next).toMatchObject({ failures: 1, deaths: 0, running: { worker: 'w2' } });
    expect(next.records).toEqual([
      {
        attempt: 1,
        outcome: 'timed-out',
        worker: 'w1',
        startedAt: running.startedAt,
        endedAt: '2026-01-01T00:00:04.000Z',
        error: {
          code: 'timed-out',
          message: 'The attempt took longer than its timeout of 3 s, and blocked the event loop of its worker meanwhile.',
        },
      },
    ]);
    expect([ended.blockedSince, beginAttempt(blocked, 2, running).blockedSince]).toEqual([undefined, undefined]);
  });

  test('an attempt that was snoozed uses up nothing and leaves no record; the next one knows nothing of it', () => {
    const failed = endAttempt(beginAttempt(undefined, 1, running), record({ outcome: 'failed' }));
    const snoozed = snoozeAttempt(beginAttempt(failed, 2, running), 'not now');
    expect(snoozed).toMatchObject({ failures: 1, uncounted: 1, deaths: 0, snoozed: 'not now' });
    expect([snoozed.running, snoozed.records.length]).toEqual([undefined, 1]);
    const next = beginAttempt(snoozed, 3, running);
    expect(next).toMatchObject({ failures: 1, uncounted: 1, deaths: 0 });
    expect(next.snoozed).toBeUndefined();
    expect(snoozeAttempt(failed, 'x'.repeat(500)).snoozed).toHaveLength(200);
  });

  test('an attempt without a report was a death: recorded with its worker, not counted', () => {
    const begun = beginAttempt(undefined, 1, running);
    const next = beginAttempt(begun, 2, { ...running, worker: 'w2', startedAt: '2026-01-01T00:01:00.000Z' });
    expect(next).toMatchObject({ failures: 0, deaths: 1, deathsAlone: 0 });
    expect(next.records).toEqual([
      {
        attempt: 1,
        outcome: 'died',
        worker: 'w1',
        startedAt: running.startedAt,
        endedAt: '2026-01-01T00:01:00.000Z',
        error: { code: 'worker-died', message: 'The worker stopped answering before the attempt ended.' },
      },
    ]);
  });

  test('a death before the first heartbeat is known from the server’s count alone', () => {
    const state = beginAttempt(undefined, 3, running);
    expect(state).toMatchObject({ failures: 0, deaths: 2, deathsAlone: 0 });
    expect(state.records).toHaveLength(1);
  });

  test('deaths count towards poison only when the handler was alone in its process', () => {
    let state = beginAttempt(undefined, 1, { ...running, isAlone: true });
    state = beginAttempt(state, 2, { ...running, isAlone: false });
    state = beginAttempt(state, 3, { ...running, isAlone: true });
    state = beginAttempt(state, 4, running);
    expect(state).toMatchObject({ deaths: 3, deathsAlone: 2 });
  });

  test('a reported attempt is not taken for a death later', () => {
    const failed = endAttempt(beginAttempt(undefined, 1, running), record({ outcome: 'failed' }));
    const stopped = endAttempt(beginAttempt(failed, 2, running), record({ outcome: 'shutdown' }));
    expect(beginAttempt(stopped, 3, running)).toMatchObject({ failures: 1, uncounted: 1, deaths: 0 });
  });

  test('progress and checkpoint go on to the next attempt', () => {
    const before: AttemptState = { ...beginAttempt(undefined, 1, running), progress: { percent: 40 }, checkpoint: { row: 7 } };
    expect(beginAttempt(endAttempt(before, record({})), 2, running)).toMatchObject({ progress: { percent: 40 }, checkpoint: { row: 7 } });
  });

  test('a handler that was missing is forgotten once it is there', () => {
    const missing: AttemptState = { ...beginAttempt(undefined, 1, running), uncounted: 1, isHandlerMissing: true };
    expect(beginAttempt(missing, 2, running)).not.toHaveProperty('isHandlerMissing');
  });

  test('the last 20 attempts are kept', () => {
    const state = after(Array.from({ length: 25 }, (_, index) => record({ attempt: index + 1, error: { code: 'c', message: 'm' } })));
    expect(state.records).toHaveLength(20);
    expect(state.records[0]?.attempt).toBe(6);
    expect(state.failures).toBe(25);
  });

  test('a stack is kept for the newest two', () => {
    const state = after(Array.from({ length: 4 }, (_, index) => record({ attempt: index + 1 })));
    expect(state.records.map(({ error }) => error.stack !== undefined)).toEqual([false, false, true, true]);
  });

  test.each([
    ['long messages and stacks', 'x'.repeat(1_000_000)],
    ['letters of three bytes', '語'.repeat(1_000_000)],
    ['characters that JSON spells out', '\u0001'.repeat(1_000_000)],
  ])('three attempts with %s are all there, in 5 KB', (_name, message) => {
    const error = attemptError('handler-failed', Object.assign(new Error(message), { stack: `Error: ${message}` }));
    const state = after([1, 2, 3].map((attempt) => record({ attempt, error })));
    expect(state.records.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(bytesOf(state.records)).toBeLessThanOrEqual(5120);
  });

  test('twenty attempts with long messages are cut to the newest that fit 5 KB', () => {
    const error = attemptError('handler-failed', new Error('語'.repeat(5000)));
    const { records } = after(Array.from({ length: 20 }, (_, index) => record({ attempt: index + 1, error })));
    expect(bytesOf(records)).toBeLessThanOrEqual(5120);
    expect(records.at(-1)?.attempt).toBe(20);
  });

  test('message and stack of an error are cut to about 1 KB each', () => {
    const { message, stack } = attemptError('handler-failed', new Error('m'.repeat(2_000_000)));
    expect([message.length, stack?.length]).toEqual([1000, 1024]);
  });

  test('a text that was thrown has no stack', () => {
    expect(attemptError('handler-failed', 'plain')).toEqual({ code: 'handler-failed', message: 'plain' });
  });

  test.each([[undefined], [null], ['text'], [{ step: 3 }], [{ failures: 'x', records: [] }], [{ failures: 1, records: {} }]])(
    '%j is no record: whoever heartbeats by himself does not break the next attempt',
    (details) => {
      expect(asAttemptState(details)).toBeUndefined();
    },
  );

  test('a record that lacks newer fields is completed', () => {
    expect(asAttemptState({ failures: 1, records: [] })).toEqual({ failures: 1, uncounted: 0, deaths: 0, deathsAlone: 0, records: [] });
  });
});

function record(fields: Partial<AttemptRecord>): AttemptRecord {
  return {
    attempt: 1,
    outcome: 'failed',
    worker: '12345@a-machine-with-a-name',
    startedAt: running.startedAt,
    endedAt: running.startedAt,
    error: { code: 'handler-failed', message: 'broken', stack: 'Error: broken\n    at handler' },
    backoffMs: 1000,
    ...fields,
  };
}

function after(records: readonly AttemptRecord[]): AttemptState {
  return records.reduce(endAttempt, beginAttempt(undefined, 1, running));
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
