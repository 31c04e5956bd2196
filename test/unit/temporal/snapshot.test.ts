import { describe, expect, test } from 'vitest';
import type { AttemptRecord } from '../../../src/contract/attempts.ts';
import { snapshotOf, summaryOf } from '../../../src/temporal/snapshot.ts';
import { activity, description, NOW, state } from './descriptions.ts';

const running = { worker: 'w1', startedAt: '2026-01-01T11:59:00.000Z', isAlone: true };
const failed = (attempt: number, backoffMs?: number): AttemptRecord => ({
  attempt,
  outcome: 'failed',
  error: { code: 'handler-failed', message: 'smtp is away' },
  ...(backoffMs === undefined ? {} : { backoffMs }),
});
const stopped = (attempt: number): AttemptRecord => ({
  attempt,
  outcome: 'shutdown',
  error: { code: 'worker-shutdown', message: 'The worker was shut down before the attempt ended.' },
});
const backingOff = { phase: 'scheduled', attempt: 2, nextAttemptMs: NOW + 5000 } as const;

describe('a snapshot', () => {
  test('of a queued job says that it waits for a worker of its queue', () => {
    const snapshot = snapshotOf(description({ historyLength: 2, hasWorkflowTask: true }), NOW);
    expect(snapshot).toMatchObject({
      status: 'queued',
      attempt: 0,
      progress: null,
      attempts: [],
      steps: [],
      waitingFor: { code: 'queue' },
    });
    expect(snapshot.waitingFor?.sentence).toContain('"mail"');
  });

  test('of a running job has the attempt, the worker and the progress', () => {
    const job = description({
      activities: [
        activity({
          phase: 'started',
          attempt: 4,
          startedMs: NOW - 500,
          worker: 'w9',
          state: state({ failures: 1, running, progress: { percent: 40 } }),
        }),
      ],
    });
    expect(snapshotOf(job, NOW)).toMatchObject({
      status: 'processing',
      attempt: 2,
      maxAttempts: 3,
      progress: { percent: 40 },
      worker: 'w9',
      startedAt: '2026-01-01T11:59:59.500Z',
      waitingFor: null,
    });
  });

  test('of a job whose attempt failed tells which, why and when the next starts', () => {
    const records = [failed(1, 5000)];
    const job = description({ activities: [activity({ ...backingOff, state: state({ failures: 1, records }) })] });
    expect(snapshotOf(job, NOW)).toMatchObject({
      status: 'retrying',
      attempt: 1,
      attempts: records,
      waitingFor: {
        code: 'retry',
        until: '2026-01-01T12:00:05.000Z',
        sentence: 'Attempt 1 of 3 failed (smtp is away); the next starts at 2026-01-01T12:00:05.000Z.',
      },
    });
  });

  test.each([
    ['died without a word', undefined],
    ['died', state({ running })],
    ['was shut down', state({ uncounted: 1, records: [stopped(1)] })],
  ])('of a job whose worker %s does not speak of a failure', (_how, record) => {
    const job = description({ activities: [activity({ ...backingOff, state: record })] });
    expect(snapshotOf(job, NOW)).toMatchObject({
      status: 'retrying',
      attempt: 1,
      waitingFor: {
        sentence:
          'The worker of attempt 1 of 3 was gone before it ended; it is made again at 2026-01-01T12:00:05.000Z, on any worker of the queue.',
      },
    });
  });

  test('of a job whose handler was snoozed says what it waits for, and no attempt was used up', () => {
    const snoozed = activity({ ...backingOff, state: state({ uncounted: 1, snoozed: 'Its receiver is busy.' }) });
    const snapshot = snapshotOf(description({ activities: [snoozed] }), NOW);
    expect(snapshot).toMatchObject({
      status: 'retrying',
      attempt: 0,
      attempts: [],
      waitingFor: { code: 'turn', reason: 'Its receiver is busy.', until: '2026-01-01T12:00:05.000Z' },
    });
    const again = activity({ ...backingOff, attempt: 3, state: state({ failures: 1, uncounted: 1, records: [failed(1, 5000)] }) });
    expect(snapshotOf(description({ activities: [again] }), NOW).waitingFor?.code).toBe('retry');
  });

  test('of a job without a handler names the handler that is missing', () => {
    const job = description({ activities: [activity({ ...backingOff, state: state({ uncounted: 1, isHandlerMissing: true }) })] });
    expect(snapshotOf(job, NOW).waitingFor).toMatchObject({ code: 'handler', until: '2026-01-01T12:00:05.000Z' });
  });

  test('of a job that has failed counts the attempts up to the last one', () => {
    const ending = { error: { code: 'handler-failed', message: 'smtp is away' }, state: state({ failures: 3, records: [failed(3)] }) };
    expect(snapshotOf(description({ close: 'failed', closedMs: NOW }), NOW, ending)).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: ending.error,
      endedAt: '2026-01-01T12:00:00.000Z',
    });
  });

  test('between the last failure and the end of a job does not speak of an attempt more', () => {
    const ending = { state: state({ failures: 3, records: [failed(3)], progress: { percent: 70 } }) };
    expect(snapshotOf(description({ historyLength: 8 }), NOW, ending)).toMatchObject({
      status: 'processing',
      attempt: 3,
      progress: { percent: 70 },
    });
  });

  test.each([
    ['that has just failed, to the server under way still, is told of', 1, 1],
    ['whose handler has only begun has the next number', 2, 2],
  ])('of an attempt %s', (_what, attempt, shown) => {
    const record = state({ failures: 1, records: [failed(1, 5000)] });
    const job = description({ activities: [activity({ phase: 'started', attempt, state: record })] });
    expect(snapshotOf(job, NOW)).toMatchObject({ status: 'processing', attempt: shown });
  });

  test('between the return of a handler that did not heed a cancel and the end of its job has its attempt', () => {
    const job = description({ historyLength: 8, isCancelRequested: true });
    expect(snapshotOf(job, NOW, { isHandled: true, state: state({}) })).toMatchObject({ status: 'cancelling', attempt: 1 });
  });

  test('of a job that completed has the output, 100 % and the attempt that did it', () => {
    const ending = {
      output: { id: 7 },
      state: state({ failures: 1, records: [failed(1, 1000)], progress: { percent: 60, message: 'sent' } }),
    };
    expect(snapshotOf(description({ close: 'completed' }), NOW, ending)).toMatchObject({
      status: 'completed',
      attempt: 2,
      output: { id: 7 },
      progress: { percent: 100, message: 'sent' },
      attempts: [failed(1, 1000)],
    });
  });

  test('of a job that was terminated while its handler ran tells its attempt', () => {
    const job = description({ close: 'terminated', activities: [activity({ phase: 'started', state: state({ running }) })] });
    const snapshot = snapshotOf(job, NOW, { error: { code: 'terminated', message: 'by an operator' } });
    expect(snapshot).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'terminated' }, steps: [] });
  });

  test('of a failed job whose error is lost says so', () => {
    expect(snapshotOf(description({ close: 'failed' }), NOW).error).toEqual({
      code: 'internal',
      message: 'The job failed, and its error could not be read.',
    });
  });

  test('of a job of several steps adds up what its steps report', () => {
    const job = description({
      steps: {
        percent: 20,
        message: 'reading',
        running: { 's-1': { percent: 40, label: 'a.csv' }, 's-2': { percent: 20 }, 's-3': { percent: 10 } },
      },
      activities: [
        activity({ id: 's-1', type: 'read', phase: 'started', state: state({ running, progress: { percent: 50 } }) }),
        activity({ id: 's-2', type: 'read', ...backingOff, state: state({ failures: 1, records: [failed(1, 5000)] }) }),
      ],
    });
    const snapshot = snapshotOf(job, NOW);
    // 20 + 40 × 50 % + nothing of the second + all of the third, which the server does not list any more.
    expect(snapshot.progress).toEqual({ percent: 50, message: 'reading' });
    expect(snapshot.attempt).toBe(1);
    expect(snapshot.steps).toEqual([
      { id: 's-1', type: 'read', label: 'a.csv', status: 'processing', attempt: 1, progress: { percent: 50 } },
      { id: 's-2', type: 'read', status: 'retrying', attempt: 1, progress: null },
    ]);
  });

  test('of a job started by somebody else has defaults for what only our client writes', () => {
    expect(summaryOf(description({ memo: undefined, priorityKey: 2 }), 'queued')).toMatchObject({
      tags: [],
      maxAttempts: 3,
      priority: 'high',
    });
  });
});
