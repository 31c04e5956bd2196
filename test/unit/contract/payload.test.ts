import { describe, expect, test } from 'vitest';
import { checkPayload, inlineValue, MAX_CHECKPOINT_BYTES, MAX_PAYLOAD_BYTES } from '../../../src/contract/payload.ts';
import { JobError } from '../../../src/contract/errors.ts';

describe('payloads', () => {
  test('a value is what JSON keeps of it', () => {
    const value = { at: new Date(0), none: undefined, nan: Number.NaN, map: new Map([[1, 2]]) };
    expect(checkPayload(value, 'input')).toEqual({ at: '1970-01-01T00:00:00.000Z', nan: null, map: {} });
  });

  test('what JSON has no word for is undefined', () => {
    expect([checkPayload(undefined, 'input'), checkPayload(() => 1, 'input')]).toEqual([undefined, undefined]);
  });

  test('the limit is in bytes, not in characters', () => {
    const text = 'é'.repeat(MAX_PAYLOAD_BYTES / 2);
    expect(() => checkPayload(text, 'input of "send"')).toThrow(
      `The input of "send" is ${MAX_PAYLOAD_BYTES + 2} bytes of JSON; at most ${MAX_PAYLOAD_BYTES} can be carried. Store the data elsewhere and pass a reference.`,
    );
    expect(checkPayload(text.slice(1), 'input of "send"')).toBe(text.slice(1));
  });

  test('a limit of its own can be given', () => {
    expect(() => checkPayload('x'.repeat(MAX_CHECKPOINT_BYTES), 'checkpoint', { limitBytes: MAX_CHECKPOINT_BYTES })).toThrow(
      expect.objectContaining({
        code: 'payload-too-large',
        details: { bytes: MAX_CHECKPOINT_BYTES + 2, limitBytes: MAX_CHECKPOINT_BYTES },
      }),
    );
  });

  test('a reference to a stored value is no value for whoever cannot read it', () => {
    const rule = { what: 'input of "send"', taker: 'a job of several steps', by: 'pass' } as const;
    const stored = { 'holdfast:payload': { id: 'a', bytes: 5_000_000, sha256: 'b' } };
    expect(() => inlineValue(stored, rule)).toThrow(
      expect.objectContaining({
        code: 'payload-too-large',
        message: `The input of "send" is 5000000 bytes of JSON; a job of several steps takes at most ${MAX_PAYLOAD_BYTES}. Store the data elsewhere and pass a reference.`,
        details: { bytes: 5_000_000, limitBytes: MAX_PAYLOAD_BYTES },
      }),
    );
    const own = { to: 'a' };
    expect([inlineValue(own, rule), inlineValue(undefined, rule)]).toEqual([own, undefined]);
  });

  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  test.each([
    ['a bigint', 1n],
    ['a cycle', cycle],
    [
      'an object that throws',
      {
        toJSON() {
          throw new Error('no');
        },
      },
    ],
  ])('%s cannot be carried, and the error has the code that was asked for', (_name, value) => {
    expect(() => checkPayload(value, 'output of "x"', { code: 'invalid-output' })).toThrow(
      expect.objectContaining({
        code: 'invalid-output',
        message: expect.stringMatching(/^The output of "x" cannot be written as JSON: ./) as string,
      }),
    );
    expect(() => checkPayload(value, 'input')).toThrow(JobError);
  });
});
