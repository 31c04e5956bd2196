/** The input of a job written as flags. */
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { closest } from '../../../src/cli/closest.ts';
import { flagsOf, inputOfFlags } from '../../../src/cli/schema-flags.ts';

const schema = z.toJSONSchema(
  z.object({
    to: z.string().describe('who gets it'),
    count: z.int().default(1),
    isLoud: z.boolean().optional(),
    tags: z.array(z.string()).optional(),
    sizes: z.array(z.number()).optional(),
    kind: z.enum(['a', 'b']).optional(),
    address: z.object({ city: z.string(), zip: z.string() }).optional(),
    more: z.record(z.string(), z.unknown()).optional(),
  }),
  { io: 'input' },
);

describe('flags', () => {
  it.each([
    [['--to', 'ada@example.com'], { to: 'ada@example.com' }],
    [['--to=a=b'], { to: 'a=b' }],
    [['--to', '-5'], { to: '-5' }],
    [['--count', '3'], { count: 3 }],
    [['--count', 'many'], { count: 'many' }],
    [['--is-loud'], { isLoud: true }],
    [['--no-isLoud'], { isLoud: false }],
    [['--tags', 'a', '--tags', 'b'], { tags: ['a', 'b'] }],
    [['--sizes', '1', '--sizes', '2.5'], { sizes: [1, 2.5] }],
    [['--address.city', 'Paris', '--address.zip', '075'], { address: { city: 'Paris', zip: '075' } }],
    [['--more', '{"x": [1]}'], { more: { x: [1] } }],
    [[], {}],
  ])('%j are the input %j', (words, input) => {
    expect(inputOfFlags(words, schema)).toEqual(input);
  });

  it.each([
    [
      ['--tp', 'x'],
      'There is no field --tp; did you mean --to? The fields are: to, count, isLoud, tags, sizes, kind, address.city, address.zip, more.',
    ],
    [['ada'], 'Expected a flag such as --name, got: "ada".'],
    [['--to'], 'Expected a value behind --to.'],
  ])('%j are refused', (words, message) => {
    expect(() => inputOfFlags(words, schema)).toThrow(message);
  });

  test('of a type are listed with what they take', () => {
    expect(flagsOf(schema).map(({ flag, about }) => `${flag} ${about}`.trim())).toEqual([
      '--to <string> required; who gets it',
      '--count <integer> default 1',
      '--isLoud',
      '--tags <array> may be repeated',
      '--sizes <array> may be repeated',
      '--kind <a|b>',
      '--address.city <string> required',
      '--address.zip <string> required',
      '--more <object>',
    ]);
  });
});

test('the closest word is the one that the fewest changes lead to, if any is near', () => {
  expect(closest('sned-notification', ['send-notification', 'export-data'])).toBe('send-notification');
  expect(closest('greet', ['export-data'])).toBeUndefined();
});
