import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../../src/contract/define-job.ts';

const input = z.object({});

describe('a contract', () => {
  test('has its defaults filled in and cannot be changed', () => {
    const contract = defineJob({ name: 'send-email', input });
    expect(contract).toMatchObject({
      name: 'send-email',
      queue: 'jobs',
      timeoutMs: 3_600_000,
      heartbeatMs: 5000,
      output: undefined,
      checkpoint: undefined,
      steps: false,
      cleanUpMs: undefined,
    });
    expect(Object.isFrozen(contract)).toBe(true);
  });

  test.each([['a'], ['Mail.Send'], ['billing:invoice_v2'], ['9-lives']])('may be called %s', (name) => {
    expect(defineJob({ name, input }).name).toBe(name);
  });

  test.each([
    [''],
    ['-a'],
    ['a b'],
    ['a/b'],
    ['ä'],
    ['x'.repeat(201)],
    [5],
    ['default'],
    ['constructor'],
    ['toString'],
    ['jobWorkflow'],
    ['jobWorkflows'],
    ['send.on-cancel'],
    ['send.on-fail'],
  ])('may not be called %j', (name) => {
    expect(() => defineJob({ name: name as string, input })).toThrow(expect.objectContaining({ code: 'invalid-contract' }));
  });

  test.each([
    [{ input: 'zod' }, 'Expected input of the job type "x" to be a Standard Schema (zod, valibot, arktype …), got: "zod".'],
    [{ input, output: {} }, 'Expected output of the job type "x" to be a Standard Schema (zod, valibot, arktype …), got: an object.'],
    [{ input, retries: 3 }, 'Unknown keys of a job definition: "retries".'],
    [{ input, timeout: '30d' }, 'Expected timeout to be between 1 ms and 24 days (left out: 1 hour), got: "30d".'],
    [{ input, deadline: 0 }, 'Expected deadline to be between 1 s and 10 years, got: 0.'],
    [{ input, expiresIn: '20y' }, 'Expected expiresIn to be a duration between 0 and 10 years'],
    [{ input, heartbeat: '10ms' }, 'Expected heartbeat to be between 1 s and 10 min, got: "10ms".'],
    [{ input, heartbeat: '11m' }, 'Expected heartbeat to be between 1 s and 10 min, got: "11m".'],
    [
      { input, checkpoint: {} },
      'Expected checkpoint of the job type "x" to be a Standard Schema (zod, valibot, arktype …), got: an object.',
    ],
    [{ input, retryIf: ['E_FULL'] }, 'Expected retryIf to be a function of an error code, got: an array of 1.'],
    [{ input, steps: true, timeout: '1m' }, 'The job type "x" has several steps, so leave out "timeout": each step has its own.'],
    [{ input, steps: true, checkpoint: input }, 'so leave out "checkpoint"'],
    [{ input, cleanUp: 0 }, 'Expected cleanUp to be between 1 ms and 24 days, got: 0.'],
    [{ input, cleanUp: '25d' }, 'Expected cleanUp to be between 1 ms and 24 days, got: "25d".'],
    [{ input, steps: true, cleanUp: '1m' }, 'so leave out "cleanUp"'],
    [{ input, steps: false }, 'Expected steps to be true, or left out for a job type that is one handler, got: false.'],
    [{ input, retry: { maxAttempts: 0 } }, 'Expected retry.maxAttempts to be a whole number from 1 to 1000, got: 0.'],
  ])('with %j is refused', (definition, message) => {
    expect(() => defineJob({ name: 'x', ...definition } as never)).toThrow(message);
  });
});
