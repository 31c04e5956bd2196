import { describe, expect, test } from 'vitest';
import { formatMs, MAX_DURATION_MS, toMs } from '../../../src/contract/duration.ts';
import { JobError } from '../../../src/contract/errors.ts';

describe('durations', () => {
  test.each([
    [500, 500],
    [0, 0],
    [1.4, 1],
    ['500', 500],
    ['500ms', 500],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['2 hours', 7_200_000],
    ['7d', 604_800_000],
    [MAX_DURATION_MS, MAX_DURATION_MS],
  ])('%j is %d ms', (duration, milliseconds) => {
    expect(toMs(duration, 'delay')).toBe(milliseconds);
  });

  test.each([
    [Number.NaN, 'NaN'],
    [-1, '-1'],
    [Infinity, 'Infinity'],
    [MAX_DURATION_MS + 1, '315360000001'],
    ['', '""'],
    ['-5s', '"-5s"'],
    ['soon', '"soon"'],
    ['5 lightyears', '"5 lightyears"'],
    [null, 'null'],
    [true, 'true'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [[], 'an array of 0'],
    [10n, '10'],
    [Symbol('x'), 'Symbol(x)'],
    ['x'.repeat(5000), `"${'x'.repeat(97)}..."`],
  ])('%s is refused, with what was expected and what came', (duration, shown) => {
    const refused = thrownBy(() => toMs(duration, 'delay'));
    expect(refused.code).toBe('invalid-options');
    expect(refused.message).toBe(
      `Expected delay to be a duration between 0 and 10 years, such as 500 (ms), "1.5s" or "10m", got: ${shown}.`,
    );
  });

  test.each([
    [0, '0 ms'],
    [950, '950 ms'],
    [4200, '4.2 s'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [86_400_000 * 3 + 3_600_000 * 4, '3 d 4 h'],
  ])('%d ms reads %s', (milliseconds, words) => {
    expect(formatMs(milliseconds)).toBe(words);
  });
});

function thrownBy(body: () => unknown): JobError {
  try {
    body();
  } catch (error) {
    if (error instanceof JobError) return error;
  }
  throw new Error('expected a JobError');
}
