import { describe, expect, test } from 'vitest';
import { beginAttempt } from '../../../src/contract/attempts.ts';
import type { WatchedAttempt } from '../../../src/worker/watchdog-messages.ts';
import { type Beat, WatchedAttempts } from '../../../src/worker/watched-attempts.ts';

const record = beginAttempt(undefined, 1, { worker: 'w1', startedAt: '2026-01-01T00:00:00.000Z', isAlone: false });
const date = new Date('2026-01-01T00:01:00.000Z');

function attempt(changes: Partial<WatchedAttempt> = {}): WatchedAttempt {
  return { taskToken: Uint8Array.of(1), heartbeatMs: 5000, record: JSON.stringify(record), isTakenOver: false, ...changes };
}

function watching(...attempts: readonly WatchedAttempt[]): WatchedAttempts {
  const watched = new WatchedAttempts();
  for (const [id, each] of attempts.entries()) watched.set(id, each);
  return watched;
}

/** What is due, and answered at once. */
function beats(watched: WatchedAttempts, nowMs: number, stillForMs: number): readonly Beat[] {
  const due = watched.due({ nowMs, stillForMs, date });
  for (const { id } of due) watched.sent(id);
  return due;
}

describe('attempts that are watched', () => {
  test('need no heartbeat while the event loop turns', () => {
    expect(beats(watching(attempt()), 1000, 900)).toEqual([]);
  });

  test('get one a second while it is blocked, with the record and since when', () => {
    const watched = watching(attempt());
    expect(beats(watched, 1000, 1000)).toEqual([
      { id: 0, taskToken: Uint8Array.of(1), record: { ...record, blockedSince: '2026-01-01T00:00:59.000Z' } },
    ]);
    expect(beats(watched, 1900, 1900)).toEqual([]);
    expect(beats(watched, 2000, 2000)).toHaveLength(1);
  });

  test('with a heartbeat of a second get one after 200 ms, every 250 ms, and are called blocked after a second', () => {
    const watched = watching(attempt({ heartbeatMs: 1000 }));
    expect(beats(watched, 1000, 100)).toEqual([]);
    expect(beats(watched, 1100, 200)).toMatchObject([{ record: { failures: 0 } }]);
    expect(beats(watched, 1300, 400)).toEqual([]);
    expect(beats(watched, 1350, 450)[0]?.record.blockedSince).toBeUndefined();
    expect(beats(watched, 1900, 1000)[0]?.record.blockedSince).toBeDefined();
  });

  test('are not asked for again before the answer has come', () => {
    const watched = watching(attempt());
    const loop = (nowMs: number) => ({ nowMs, stillForMs: nowMs, date });
    expect(watched.due(loop(1000))).toHaveLength(1);
    expect(watched.due(loop(5000))).toEqual([]);
    watched.sent(0);
    expect(watched.due(loop(6000))).toHaveLength(1);
  });

  test('whose time is over get one more, counted as timed out, and no further, until the loop turns again', () => {
    const watched = watching(attempt({ timeoutMs: 3000, endsAtMs: 4000 }));
    expect(beats(watched, 3000, 2000)[0]?.record.failures).toBe(0);
    expect(beats(watched, 4100, 3100)).toMatchObject([
      { record: { failures: 1, records: [{ attempt: 1, outcome: 'timed-out', worker: 'w1', error: { code: 'timed-out' } }] } },
    ]);
    expect(beats(watched, 9000, 8000)).toEqual([]);
    expect(beats(watched, 10_000, 0)).toEqual([]);
    watched.set(0, attempt());
    expect(beats(watched, 12_000, 1500)).toHaveLength(1);
  });

  test('that the SDK has given up get them always', () => {
    const watched = watching(attempt(), attempt({ isTakenOver: true }));
    expect(beats(watched, 1000, 0)).toMatchObject([{ id: 1, record }]);
    expect(beats(watched, 2000, 0)).toHaveLength(1);
  });

  test('get the newest record, and none after their end', () => {
    const watched = watching(attempt());
    watched.set(0, attempt({ record: JSON.stringify({ ...record, progress: { percent: 40 } }) }));
    expect(beats(watched, 1000, 1000)[0]?.record.progress).toEqual({ percent: 40 });
    watched.set(0, undefined);
    expect([watched.size, beats(watched, 9000, 9000)]).toEqual([0, []]);
  });
});
