import { describe, expect, test } from 'vitest';
import { nextProgress } from '../../../src/contract/progress.ts';

describe('progress', () => {
  test('a lower percentage is ignored, its message is not', () => {
    expect(nextProgress({ percent: 50, message: 'half' }, 30, 'checking')).toEqual({ percent: 50, message: 'checking' });
  });

  test('a lower count is ignored whole: what is shown stays one count', () => {
    const before = nextProgress(undefined, { done: 5, total: 10, unit: 'rows' });
    expect(nextProgress(before, { done: 2, total: 10, unit: 'rows' })).toEqual({ percent: 50, done: 5, total: 10, unit: 'rows' });
  });

  test('a count gives the percentage', () => {
    expect(nextProgress(undefined, { done: 1, total: 8, unit: 'files' })).toEqual({ percent: 12.5, done: 1, total: 8, unit: 'files' });
  });

  test('a message stays until there is another', () => {
    expect(nextProgress({ percent: 10, message: 'reading' }, 20)).toEqual({ percent: 20, message: 'reading' });
  });

  test('0, 100 and fractions are within', () => {
    expect([0, 0.5, 100].map((percent) => nextProgress(undefined, percent).percent)).toEqual([0, 0.5, 100]);
  });

  test.each([[Number.NaN], [-0.1], [100.1], [Infinity], ['50'], [undefined]])('%s is no percentage', (percent) => {
    expect(() => nextProgress(undefined, percent as never)).toThrow(/^Expected progress to be /);
  });

  test.each([
    [{ done: 2, total: 1 }],
    [{ done: 0, total: 0 }],
    [{ done: -1, total: 5 }],
    [{ done: Number.NaN, total: 5 }],
    [{ done: 1, total: Infinity }],
  ])('%j is no count', (count) => {
    expect(() => nextProgress(undefined, count)).toThrow(/^Expected progress to be a count with 0 ≤ done ≤ total and total > 0, got: /);
  });

  test('a message is kept to 500 characters, a unit to 50', () => {
    expect(nextProgress(undefined, 1, 'x'.repeat(2000)).message).toHaveLength(500);
    expect(nextProgress(undefined, { done: 1, total: 2, unit: 'x'.repeat(5_000_000) }).unit).toHaveLength(50);
  });
});
