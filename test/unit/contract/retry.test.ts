import { describe, expect, test } from 'vitest';
import { backoffMs, DEFAULT_RETRY, retryRule } from '../../../src/contract/retry.ts';

describe('retry', () => {
  test('without options it is 3 attempts, waits from 1 s, doubled, at most 100 s', () => {
    expect(retryRule()).toEqual({ maxAttempts: 3, initialIntervalMs: 1000, backoffCoefficient: 2, maximumIntervalMs: 100_000 });
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

  test.each([
    [{ maxAttempts: 0 }, 'Expected retry.maxAttempts to be a whole number from 1 to 1000, got: 0.'],
    [{ maxAttempts: 1001 }, 'Expected retry.maxAttempts to be a whole number from 1 to 1000, got: 1001.'],
    [{ maxAttempts: 2.5 }, 'Expected retry.maxAttempts to be a whole number from 1 to 1000, got: 2.5.'],
    [{ backoffCoefficient: 0.5 }, 'Expected retry.backoffCoefficient to be a number from 1 to 100, got: 0.5.'],
    [{ backoffCoefficient: Number.NaN }, 'Expected retry.backoffCoefficient to be a number from 1 to 100, got: NaN.'],
    [{ backoffCoefficient: '2' }, 'Expected retry.backoffCoefficient to be a number from 1 to 100, got: "2".'],
    [{ initialInterval: 0 }, 'Expected retry.initialInterval to be at least 1 ms, got: 0.'],
    [{ initialInterval: '2s', maximumInterval: '1s' }, 'Expected retry.maximumInterval to be at least retry.initialInterval, got: "1s".'],
    [{ attempts: 3 }, 'Unknown retry options: "attempts". Known are: maxAttempts, initialInterval, backoffCoefficient, maximumInterval.'],
  ])('%j is refused', (options, message) => {
    expect(() => retryRule(options as never)).toThrow(message);
  });

  test('the default rule is what no options give', () => {
    expect(DEFAULT_RETRY).toEqual(retryRule({}));
  });
});
