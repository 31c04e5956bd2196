import { describe, expect, test } from 'vitest';
import { flawOf, inexactInteger, MAX_DEPTH } from '../../../src/contract/json-value.ts';
import { checkPayload } from '../../../src/contract/payload.ts';

/** An array in an array …, `levels` deep. */
function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level += 1) value = level % 2 === 0 ? [value] : { inner: value };
  return value;
}

describe('the depth of a value', () => {
  test.each([[1], [2], [MAX_DEPTH]])('of %d levels is carried', (levels) => {
    expect(flawOf(nested(levels), { isExact: true })).toBeUndefined();
    expect(checkPayload(nested(levels), 'input')).toEqual(nested(levels));
  });

  test.each([[MAX_DEPTH + 1], [10_000], [100_000]])('of %d levels is refused, however deep', (levels) => {
    expect(() => checkPayload(nested(levels), 'input of "send"')).toThrow(
      expect.objectContaining({
        code: 'invalid-input',
        message: 'The input of "send" is nested deeper than 64 levels. Flatten it, or pass the deep part as a text.',
        details: { maxDepth: 64 },
      }),
    );
    expect(() => checkPayload(nested(levels), 'output', { code: 'invalid-output' })).toThrow(
      expect.objectContaining({ code: 'invalid-output' }),
    );
  });

  test('is that of what toJSON gives', () => {
    const value = { toJSON: () => nested(MAX_DEPTH + 1) };
    expect(flawOf(value, { isExact: false })).toEqual({ kind: 'depth' });
    const endless: object = { toJSON: () => endless, a: 1 };
    expect(checkPayload(endless, 'input')).toEqual({ a: 1 });
  });
});

describe('a value that JSON would change without a word', () => {
  class Money {
    readonly amount = 5;
  }

  test.each([
    [{ items: [1, { price: Number.NaN }] }, 'NaN at items.1.price', 'null'],
    [[-Infinity], '-Infinity at 0', 'null'],
    [[1, undefined], 'undefined at 1', 'null'],
    // eslint-disable-next-line no-sparse-arrays -- it is about them
    [[1, , 3], 'undefined at 1', 'null'],
    [{ at: new Date(Number.NaN) }, 'an invalid date at at', 'null'],
    [{ index: new Map([[1, 2]]) }, 'a Map at index', 'an object without its content'],
    [{ bytes: new Uint8Array(3) }, 'a Uint8Array at bytes', 'an object without its content'],
    [{ bytes: Buffer.from('abc') }, 'a Uint8Array at bytes', 'an object without its content'],
    [{ bytes: new ArrayBuffer(3) }, 'an ArrayBuffer at bytes', 'an object without its content'],
    [{ error: new TypeError('x') }, 'an Error at error', 'an object without its content'],
    [{ pattern: /x/ }, 'a RegExp at pattern', 'an object without its content'],
    [{ later: Promise.resolve(1) }, 'a Promise at later', 'an object without its content'],
    [{ run: () => 1 }, 'a function at run', 'nothing'],
    [[Symbol('x')], 'a symbol at 0', 'null'],
    [{ ['__proto__']: Number.NaN }, 'NaN at __proto__', 'null'],
  ])('%o', (value, what, becomes) => {
    const check = (): unknown => checkPayload(value, 'input of "send"', { isExact: true });
    expect(check).toThrow(
      expect.objectContaining({
        code: 'invalid-input',
        message: `The input of "send" has ${what}, which JSON would turn into ${becomes}. Write it in terms of JSON.`,
      }),
    );
    expect(() => checkPayload(value, 'output')).not.toThrow();
  });

  test.each([
    [() => 1, 'is a function, which JSON would turn into nothing.'],
    [new Set([1]), 'is a Set, which JSON would turn into an object without its content.'],
    [Number.NaN, 'is NaN, which JSON would turn into null.'],
    [{ toJSON: () => undefined }, 'is undefined, which JSON would turn into nothing.'],
    [[{ toJSON: () => undefined }], 'has undefined at 0, which JSON would turn into nothing.'],
  ])('as a whole (%#)', (value, sentence) => {
    expect(() => checkPayload(value, 'input of "send"', { isExact: true })).toThrow(`The input of "send" ${sentence}`);
  });

  test.each([
    ['a property that is undefined', { a: undefined }, {}],
    ['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['an address', { url: new URL('https://a.example/b') }, { url: 'https://a.example/b' }],
    ['an object of a class', new Money(), { amount: 5 }],
    ['an object without prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['minus zero', [-0], [0]],
    ['half a character', '\ud800', '\ud800'],
    ['a key named __proto__', JSON.parse('{"__proto__":{"admin":true}}'), JSON.parse('{"__proto__":{"admin":true}}')],
    ['empty texts and keys', { '': '' }, { '': '' }],
    ['undefined itself', undefined, undefined],
  ])('is not %s', (_name, value, arrives) => {
    expect(checkPayload(value, 'input', { isExact: true })).toEqual(arrives);
  });

  test('a key named __proto__ arrives as a key and changes no prototype', () => {
    const arrived = checkPayload(JSON.parse('{"__proto__":{"admin":true}}'), 'input', { isExact: true }) as object;
    expect(Object.keys(arrived)).toEqual(['__proto__']);
    expect('admin' in arrived).toBe(false);
  });
});

describe('a whole number', () => {
  test.each([
    ['9007199254740993', '9007199254740993'],
    ['{"a": [1, -9007199254740993]}', '-9007199254740993'],
    [`[1${'0'.repeat(400)}]`, `1${'0'.repeat(400)}`],
    ['["9007199254740993", {"9007199254740993\\"": 12345678901234567891}]', '12345678901234567891'],
  ])('that JavaScript would round is found in %j', (json, integer) => {
    expect(inexactInteger(json)).toBe(integer);
  });

  test.each([
    '9007199254740992',
    '1e400',
    '0.12345678901234567890',
    '9007199254740993.0',
    '"9007199254740993"',
    '{"9007199254740993": true, "\\"9007199254740993": [false, null]}',
    '[1234567890123456, 123]',
  ])('is exact, or a fraction, or in a text: %s', (json) => {
    expect(inexactInteger(json)).toBeUndefined();
  });
});
