import { describe, expect, test } from 'vitest';
import { checkInteger, checkKeys, checkText, show } from '../../../src/contract/options.ts';

describe('options', () => {
  test('an unknown key is refused, and the known ones are listed', () => {
    expect(() => checkKeys({ prio: 1, tag: 'a' }, ['priority', 'tags'], 'add options')).toThrow(
      'Unknown add options: "prio", "tag". Known are: priority, tags.',
    );
  });

  test.each([[null], ['text'], [42], [[]], [undefined]])('%j is no options object', (value) => {
    expect(() => checkKeys(value, [], 'add options')).toThrow(/^Expected add options to be an object, got: /);
  });

  test.each([[0], [11], [1.5], [Number.NaN], ['5'], [null]])('%j is no whole number from 1 to 10', (value) => {
    expect(() => checkInteger(value, 'limit', { min: 1, max: 10 })).toThrow(/^Expected limit to be a whole number from 1 to 10, got: /);
  });

  test('both ends of a range belong to it', () => {
    expect([checkInteger(1, 'limit', { min: 1, max: 10 }), checkInteger(10, 'limit', { min: 1, max: 10 })]).toEqual([1, 10]);
  });

  test.each([[''], ['a\nb'], ['a\u0000'], ['a\u007f'], ['x'.repeat(11)], [5], [null]])(
    '%j is no text of at most 10 characters',
    (value) => {
      expect(() => checkText(value, 'queue', 10)).toThrow(/^Expected queue to be a text of 1 to 10 characters without control characters/);
    },
  );

  test('a text may have any letters', () => {
    expect(checkText("d'été ✓", 'queue', 10)).toBe("d'été ✓");
  });

  test.each([
    ['x'.repeat(1000), `"${'x'.repeat(97)}..."`],
    [[1, 2], 'an array of 2'],
    [{ secret: 'a' }, 'an object'],
    [() => 1, 'a function'],
    [new Date(5), 'Date 5'],
    [undefined, 'undefined'],
  ])('a value is shown short and without what is in it (%#)', (value, shown) => {
    expect(show(value)).toBe(shown);
  });
});
