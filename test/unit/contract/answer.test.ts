import { describe, expect, it } from 'vitest';
import { type Answerable, answerOf, etaText, percentText } from '../../../src/contract/answer.ts';
import { waitingFor } from '../../../src/contract/waiting-for.ts';

const now = Date.parse('2026-11-26T12:00:00Z');
const at = (ms: number): string => new Date(now + ms).toISOString();
const job: Answerable = {
  status: 'queued',
  progress: null,
  waitingFor: null,
  eta: null,
  attempt: 1,
  maxAttempts: 3,
  addedAt: at(-60_000),
};

describe('the answer of a row', () => {
  it.each([
    [{ status: 'delayed', waitingFor: waitingFor({ code: 'start-time', until: at(7_200_000) }) }, 'Starts in 2 h'],
    [{ waitingFor: waitingFor({ code: 'no-worker', queue: 'thumbnail' }) }, 'No worker serves queue thumbnail'],
    [
      {
        waitingFor: waitingFor({ code: 'queue', queue: 'mail', workers: 2, ahead: 41 }),
        eta: { p50: at(200_000), p90: at(350_000), samples: 30 },
      },
      '41 ahead in queue mail · done in 3–10 min',
    ],
    [{ waitingFor: waitingFor({ code: 'handler', queue: 'mail', type: 'resize', until: undefined }) }, 'No worker knows type resize'],
    [
      {
        status: 'processing',
        progress: { percent: 62.7, message: 'Streaming rows' },
        eta: { p50: at(190_000), p90: at(410_000), samples: 30 },
      },
      'Streaming rows, 62 % · done in 3–10 min',
    ],
    [{ status: 'processing' }, 'Running'],
    [
      {
        status: 'retrying',
        waitingFor: waitingFor({ code: 'retry', until: at(38_000), attempt: 2, maxAttempts: 5, error: 'HTTP 503 from hooks.example.com' }),
      },
      'Attempt 3 of 5 in 38 s · last: HTTP 503 from hooks.example.com',
    ],
    [{ status: 'cancelling', waitingFor: waitingFor({ code: 'cancel' }) }, 'Being stopped'],
    [{ status: 'completed', startedAt: at(-5000), endedAt: at(-800) }, 'Done in 4.2 s'],
    [{ status: 'completed', attempt: 2, startedAt: at(-5000), endedAt: at(-800) }, 'Done in 4.2 s, at attempt 2 of 3'],
    [
      { status: 'failed', attempt: 3, error: { code: 'x', message: 'SMTP 550 mailbox unavailable\nstack' } },
      'SMTP 550 mailbox unavailable · after 3 attempts',
    ],
    [
      { status: 'cancelled', cancelledBy: 'billing', cancelReason: 'customer changed their mind' },
      'By billing: customer changed their mind',
    ],
  ] as const)('of %j is %s', (fields, answer) => {
    expect(answerOf({ ...job, ...fields }, now)).toBe(answer);
  });

  it('is at most 90 characters long, and keeps how many attempts there were', () => {
    const failed = answerOf({ ...job, status: 'failed', attempt: 3, error: { code: 'x', message: 'a'.repeat(500) } }, now);
    expect(failed).toHaveLength(90);
    expect(failed).toMatch(/a… · after 3 attempts$/);
  });
});

describe('the time by which it is done', () => {
  it.each([
    [3000, 8000, 'done in a few seconds'],
    [12_000, 22_000, 'done in 10–30 s'],
    [30_000, 44_000, 'done in 30–45 s'],
    [50_000, 59_000, 'done in under 1 min'],
    [3_600_000, 7_300_000, 'done in 1 h to 2 h 2 min'],
    [-5000, -1000, 'longer than 9 of 10 such jobs'],
  ])('between %i and %i ms from now is "%s": rounded outward', (p50, p90, text) => {
    expect(etaText({ eta: { p50: at(p50), p90: at(p90), samples: 20 } }, now)).toBe(text);
  });

  it('is not told when nobody knows', () => {
    expect(etaText({ eta: 'unknown' }, now)).toBeUndefined();
  });
});

it('percents are whole, never 0 for what has begun, never 100 for what has not ended', () => {
  expect([0, 0.4, 62.9, 99.9, 100].map(percentText)).toEqual(['0 %', '< 1 %', '62 %', '99 %', '100 %']);
});
