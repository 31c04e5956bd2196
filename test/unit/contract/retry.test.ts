import { describe, expect, test } from 'vitest';
import { readRunOptions } from '../../../src/contract/messages.ts';
import { backoffMs, changedRule, DEFAULT_RETRY, drawBackoffMs, isSameRule, retryRule } from '../../../src/contract/retry.ts';

describe('retry', () => {
  test('without options it is 3 attempts, waits from 1 s, doubled, at most 100 s', () => {
    expect(retryRule()).toEqual({
      maxAttempts: 3,
      initialIntervalMs: 1000,
      backoffCoefficient: 2,
      maximumIntervalMs: 100_000,
      jitter: 0.25,
    });
  });

  test('each wait is the one before times the coefficient, up to the maximum', () => {
    const rule = retryRule({ initialInterval: '1s', backoffCoefficient: 3, maximumInterval: '20s' });
    expect([1, 2, 3, 4, 1000].map((failures) => backoffMs(rule, failures))).toEqual([1000, 3000, 9000, 20_000, 20_000]);
  });

  test('a wait is a whole number of milliseconds', () => {
    const rule = retryRule({ initialInterval: 1001, backoffCoefficient: 1.1 });
    expect([2, 3, 4].map((failures) => backoffMs(rule, failures))).toEqual([1101, 1211, 1332]);
  });

  test('the longest wait is 100 times the first one unless it is given', () => {
    expect(retryRule({ initialInterval: '5m' }).maximumIntervalMs).toBe(100 * 300_000);
  });

  test('each wait is drawn evenly from the backoff and the jitter on top of it', () => {
    const rule = retryRule({ initialInterval: 1000, jitter: 0.5 });
    const drawn = Array.from({ length: 2000 }, () => drawBackoffMs(rule, 2));
    expect([Math.min(...drawn) >= 2000, Math.max(...drawn) <= 3000]).toEqual([true, true]);
    const quarters = [2000, 2250, 2500, 2750].map((from) => drawn.filter((wait) => wait >= from && wait < from + 250).length);
    for (const count of quarters) expect(count).toBeGreaterThan(350);
    expect(Array.from({ length: 5 }, () => drawBackoffMs({ ...rule, jitter: 0 }, 2))).toEqual([2000, 2000, 2000, 2000, 2000]);
  });

  test('a changed rule keeps what is not changed; a longest wait that follows from the first one goes on to', () => {
    const rule = retryRule({ maxAttempts: 9, initialInterval: '1s', backoffCoefficient: 3, jitter: 0 });
    expect(changedRule(rule, { initialInterval: '1h' })).toEqual({ ...rule, initialIntervalMs: 3_600_000, maximumIntervalMs: 360_000_000 });
    expect(changedRule(retryRule({ maximumInterval: '5s' }), { maxAttempts: 1 })).toMatchObject({
      maxAttempts: 1,
      maximumIntervalMs: 5000,
    });
  });

  test('waits may be given one by one: the last one is repeated, and there is one attempt more than there are', () => {
    const rule = retryRule({ intervals: ['5s', '5m', '2h'] });
    expect(rule).toMatchObject({ maxAttempts: 4, intervalsMs: [5000, 300_000, 7_200_000], jitter: 0.25 });
    expect([1, 2, 3, 4, 99].map((failures) => backoffMs(rule, failures))).toEqual([5000, 300_000, 7_200_000, 7_200_000, 7_200_000]);
    expect(retryRule({ intervals: [1], maxAttempts: 9 }).maxAttempts).toBe(9);
    const drawn = Array.from({ length: 100 }, () => drawBackoffMs({ ...rule, jitter: 0.1 }, 2));
    expect([Math.min(...drawn) >= 300_000, Math.max(...drawn) <= 330_000]).toEqual([true, true]);
  });

  test('a changed rule keeps its list of waits, unless there is another one or another way to make them', () => {
    const rule = retryRule({ intervals: ['5s', '5m', '2h'], jitter: 0 });
    expect(changedRule(rule, { jitter: 1 })).toEqual({ ...rule, jitter: 1 });
    expect(changedRule(rule, { maxAttempts: 2 })).toEqual({ ...rule, maxAttempts: 2 });
    expect(changedRule(rule, { intervals: ['1s'] })).toMatchObject({ maxAttempts: 2, intervalsMs: [1000], jitter: 0 });
    expect(changedRule(rule, { initialInterval: '10s' })).toEqual({ ...retryRule({ initialInterval: '10s', jitter: 0 }), maxAttempts: 4 });
    expect(isSameRule(rule, retryRule({ intervals: [5000, 300_000, 7_200_000], jitter: 0 }))).toBe(true);
    expect(isSameRule(rule, retryRule({ intervals: ['5s', '5m', '3h'], jitter: 0 }))).toBe(false);
  });

  test('a list of waits arrives over the wire as it was sent', () => {
    const rule = retryRule({ intervals: ['5s', '5m'], jitter: 0.1 });
    expect(readRunOptions(JSON.parse(JSON.stringify({ retry: rule })) as object)).toEqual({ retry: rule });
  });

  test.each([
    [{ maxAttempts: 0 }, 'Expected retry.maxAttempts to be a whole number from 1 to 1000, got: 0.'],
    [{ maxAttempts: 1001 }, 'Expected retry.maxAttempts to be a whole number from 1 to 1000, got: 1001.'],
    [{ maxAttempts: 2.5 }, 'Expected retry.maxAttempts to be a whole number from 1 to 1000, got: 2.5.'],
    [{ backoffCoefficient: 0.5 }, 'Expected retry.backoffCoefficient to be a number from 1 to 100, got: 0.5.'],
    [{ backoffCoefficient: Number.NaN }, 'Expected retry.backoffCoefficient to be a number from 1 to 100, got: NaN.'],
    [{ backoffCoefficient: '2' }, 'Expected retry.backoffCoefficient to be a number from 1 to 100, got: "2".'],
    [{ initialInterval: 0 }, 'Expected retry.initialInterval to be at least 1 ms, got: 0.'],
    [{ initialInterval: '2s', maximumInterval: '1s' }, 'Expected retry.maximumInterval to be at least retry.initialInterval, got: "1s".'],
    [{ jitter: -0.1 }, 'Expected retry.jitter to be a number from 0 to 1, got: -0.1.'],
    [{ jitter: 1.1 }, 'Expected retry.jitter to be a number from 0 to 1, got: 1.1.'],
    [{ jitter: '25%' }, 'Expected retry.jitter to be a number from 0 to 1, got: "25%".'],
    [
      { attempts: 3 },
      'Unknown retry options: "attempts". Known are: maxAttempts, initialInterval, backoffCoefficient, maximumInterval, jitter, intervals.',
    ],
    [{ intervals: [] }, 'Expected retry.intervals to be a list of 1 to 100 durations, got: an array of 0.'],
    [{ intervals: '5s' }, 'Expected retry.intervals to be a list of 1 to 100 durations, got: "5s".'],
    [
      { intervals: Array.from({ length: 101 }, () => 1) },
      'Expected retry.intervals to be a list of 1 to 100 durations, got: an array of 101.',
    ],
    [{ intervals: ['5s', 'soon'] }, 'Expected each of retry.intervals to be a duration between 0 and 10 years'],
    [{ intervals: [0] }, 'Expected each of retry.intervals to be at least 1 ms, got: 0.'],
  ])('%j is refused', (options, message) => {
    expect(() => retryRule(options as never)).toThrow(message);
  });

  test('the default rule is what no options give', () => {
    expect(DEFAULT_RETRY).toEqual(retryRule({}));
  });
});
