import { describe, expect, test } from 'vitest';
import { backoffMs, changedRule, DEFAULT_RETRY, drawBackoffMs, retryRule } from '../../../src/contract/retry.ts';

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
      'Unknown retry options: "attempts". Known are: maxAttempts, initialInterval, backoffCoefficient, maximumInterval, jitter.',
    ],
  ])('%j is refused', (options, message) => {
    expect(() => retryRule(options as never)).toThrow(message);
  });

  test('the default rule is what no options give', () => {
    expect(DEFAULT_RETRY).toEqual(retryRule({}));
  });
});
