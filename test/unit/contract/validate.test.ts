import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../../src/contract/define-job.ts';
import { parseInput, parseOutput } from '../../../src/contract/validate.ts';

const withZod = defineJob({
  name: 'zod-job',
  input: z.object({ to: z.email(), tags: z.array(z.string().max(5)).default([]) }),
  output: z.object({ id: z.coerce.number() }),
});
const withValibot = defineJob({
  name: 'valibot-job',
  input: v.object({ to: v.pipe(v.string(), v.email()), tags: v.optional(v.array(v.pipe(v.string(), v.maxLength(5))), []) }),
});

describe.each([
  ['zod', withZod],
  ['valibot', withValibot],
])('validation with %s', (_library, contract) => {
  test('gives what the schema makes of the value, defaults included', async () => {
    await expect(parseInput(contract, { to: 'a@b.example' })).resolves.toEqual({ to: 'a@b.example', tags: [] });
  });

  test('names the path and the problem of a wrong field', async () => {
    await expect(parseInput(contract, { to: 'a@b.example', tags: ['ok', 'too long'] })).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(new RegExp(`^The input of "${contract.name}" does not match its contract\\. tags\\.1: .`)) as string,
      details: { issues: [{ path: 'tags.1' }] },
    });
  });

  test.each([[undefined], [null], ['text'], [[]]])('refuses %j', async (value) => {
    await expect(parseInput(contract, value)).rejects.toMatchObject({ code: 'invalid-input' });
  });
});

describe('validation', () => {
  test('shows ten problems and how many more there are', async () => {
    const contract = defineJob({ name: 'many', input: z.array(z.number()) });
    await expect(
      parseInput(
        contract,
        Array.from({ length: 25 }, () => 'x'),
      ),
    ).rejects.toThrow(/; 9: .* \(and 15 more\)$/);
  });

  test('keeps the path of a problem short, whatever keys the input has', async () => {
    const contract = defineJob({ name: 'keys', input: z.record(z.string(), z.number()) });
    const refused = parseInput(contract, { ['k'.repeat(1_000_000)]: 'x' });
    await expect(refused).rejects.toSatisfy((error: Error) => error.message.length < 2000);
  });

  test('of a schema that throws says so, with the code of a mismatch', async () => {
    const contract = defineJob({ name: 'json', input: z.string().transform((text) => JSON.parse(text) as unknown) });
    await expect(parseInput(contract, 'no json')).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('The input of "json" could not be checked: its schema threw an error. ') as string,
    });
  });

  test('waits for a schema that checks asynchronously', async () => {
    const contract = defineJob({
      name: 'async',
      input: z.string().refine(async (text) => await Promise.resolve(text === 'yes'), 'say yes'),
    });
    await expect(parseInput(contract, 'yes')).resolves.toBe('yes');
    await expect(parseInput(contract, 'no')).rejects.toThrow('say yes');
  });

  test('of an output has a code of its own', async () => {
    await expect(parseOutput(withZod, { id: '7' })).resolves.toEqual({ id: 7 });
    await expect(parseOutput(withZod, {})).rejects.toMatchObject({ code: 'invalid-output' });
  });

  test('without an output schema takes any output', async () => {
    await expect(parseOutput(withValibot, 'anything')).resolves.toBe('anything');
  });
});
