import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { addPlan } from '../../../src/contract/add-options.ts';
import { defineJob } from '../../../src/contract/define-job.ts';
import { readRunOptions } from '../../../src/contract/messages.ts';
import { PRIORITIES, priorityKey, priorityOfKey } from '../../../src/contract/priority.ts';

const plain = defineJob({ name: 'plain', input: z.object({}) });
const five = defineJob({ name: 'five', input: z.object({}), queue: 'mail', retry: { maxAttempts: 5 }, timeout: '30s', heartbeat: '10s' });

describe('add options', () => {
  test('a job of a contract without settings needs no second argument', () => {
    expect(addPlan(plain)).toEqual({ queue: 'jobs', delayMs: 0, priorityKey: undefined, maxAttempts: 3, tags: [], runOptions: undefined });
  });

  test('the settings of a contract that the workflow must know are sent, its timeout is not', () => {
    expect(addPlan(five)).toMatchObject({
      queue: 'mail',
      maxAttempts: 5,
      runOptions: {
        retry: { maxAttempts: 5, initialIntervalMs: 1000, backoffCoefficient: 2, maximumIntervalMs: 100_000, jitter: 0.25 },
        heartbeatMs: 10_000,
      },
    });
    expect(addPlan(five).runOptions).not.toHaveProperty('timeoutMs');
  });

  test('that a contract has steps is sent', () => {
    const steps = defineJob({ name: 'steps', input: z.object({}), steps: true });
    expect(addPlan(steps).runOptions).toEqual({ steps: true });
    expect(readRunOptions({ steps: true })).toEqual({ steps: true });
  });

  test('options go before the contract', () => {
    expect(
      addPlan(five, { maxAttempts: 1, timeout: '2s', queue: 'other', delay: '1m', priority: 'high', tags: ['a', 'b', 'a'] }),
    ).toMatchObject({
      queue: 'other',
      delayMs: 60_000,
      priorityKey: 2,
      maxAttempts: 1,
      tags: ['a', 'b'],
      runOptions: { retry: { maxAttempts: 1 }, timeoutMs: 2000 },
    });
  });

  test('a time to start at is a delay, and one that is past is none', () => {
    const inAnHour = new Date(Date.now() + 3_600_000);
    for (const runAt of [inAnHour, inAnHour.toISOString()]) {
      expect(addPlan(plain, { runAt }).delayMs).toBeGreaterThan(3_590_000);
      expect(addPlan(plain, { runAt }).delayMs).toBeLessThanOrEqual(3_600_000);
    }
    expect(addPlan(plain, { runAt: '2020-02-29T12:00+02:00' }).delayMs).toBe(0);
    expect(addPlan(plain, { runAt: new Date(0) }).delayMs).toBe(0);
  });

  test('a priority can be a number', () => {
    const keys = [10, 100, 9, 1, 0, -1, -9, -10].map((priority) => addPlan(plain, { priority }).priorityKey);
    expect(keys).toEqual([1, 1, 2, 2, undefined, 4, 4, 5]);
  });

  test('maxAttempts that happens to be the default is sent when the contract says otherwise', () => {
    expect(addPlan(five, { maxAttempts: 3 }).runOptions?.retry?.maxAttempts).toBe(3);
  });

  test('limits of the whole job are sent, those of add before those of the contract', () => {
    const limited = defineJob({ name: 'limited', input: z.object({}), deadline: '1h', expiresIn: '1m' });
    expect(addPlan(limited).runOptions).toEqual({ deadlineMs: 3_600_000, expiresInMs: 60_000 });
    expect(addPlan(limited, { deadline: '2h', expiresIn: '2m' }).runOptions).toEqual({ deadlineMs: 7_200_000, expiresInMs: 120_000 });
    expect(readRunOptions({ deadlineMs: 5, expiresInMs: 6 })).toEqual({ deadlineMs: 5, expiresInMs: 6 });
  });

  test('fields of the retry rule go before those of the contract', () => {
    const { maxAttempts, runOptions } = addPlan(five, { retry: { initialInterval: '2s', jitter: 0 } });
    expect([maxAttempts, runOptions?.retry]).toEqual([
      5,
      { maxAttempts: 5, initialIntervalMs: 2000, backoffCoefficient: 2, maximumIntervalMs: 200_000, jitter: 0 },
    ]);
    expect(addPlan(five, { maxAttempts: 2, retry: { jitter: 1 } }).runOptions?.retry).toMatchObject({ maxAttempts: 2, jitter: 1 });
  });

  test.each([
    ['maxAttempts', 2],
    ['retry', { maxAttempts: 2 }],
    ['timeout', '1m'],
  ])('%s is refused for a job of several steps', (key, value) => {
    const steps = defineJob({ name: 'steps', input: z.object({}), steps: true });
    expect(() => addPlan(steps, { [key]: value })).toThrow(
      `Expected ${key} to be left out: "steps" has several steps, and each has its own`,
    );
  });

  test.each([
    [{ retry: { attempts: 2 } }, 'Unknown retry options: "attempts".'],
    [{ retry: 3 }, 'Expected retry options to be an object, got: 3.'],
    [{ retry: { maxAttempts: 2 }, maxAttempts: 2 }, 'Expected maxAttempts to be left out where retry.maxAttempts is given, got: 2.'],
    [
      { prio: 1 },
      'Unknown add options: "prio". Known are: delay, runAt, priority, key, maxAttempts, retry, timeout, deadline, expiresIn, notify, tags, queue, tenant, idempotencyKey, dedupeKey, dedupeWindow, onDuplicate.',
    ],
    [{ delay: Number.NaN }, 'Expected delay to be a duration'],
    [{ delay: -1 }, 'Expected delay to be a duration'],
    [
      { runAt: 'tomorrow' },
      'Expected runAt to be a Date, or an ISO 8601 text with its zone such as "2026-12-24T18:00:00Z", got: "tomorrow".',
    ],
    [{ runAt: '2026-12-24' }, 'Expected runAt to be a Date, or an ISO 8601 text with its zone'],
    [{ runAt: '2026-12-24T18:00:00' }, 'Expected runAt to be a Date, or an ISO 8601 text with its zone'],
    [{ runAt: new Date(Number.NaN) }, 'Expected runAt to be a Date, or an ISO 8601 text with its zone'],
    [{ runAt: '2126-12-24T18:00:00Z' }, 'Expected runAt to be at most 10 years from now, got: "2126-12-24T18:00:00Z".'],
    [{ runAt: '2026-12-24T18:00:00Z', delay: '1m' }, 'Expected delay or runAt, got both: 1 min and 2026-12-24T18:00:00Z.'],
    [{ dedupeKey: '' }, 'Expected dedupeKey to be a text of 1 to 200 characters without control characters, got: "".'],
    [{ dedupeKey: 'k', onDuplicate: 'replace' }, 'Expected onDuplicate to be "return" or "reject", got: "replace".'],
    [{ dedupeKey: 'k', dedupeWindow: 'soon' }, 'Expected dedupeWindow to be a duration'],
    [{ onDuplicate: 'reject' }, 'Expected dedupeKey beside dedupeWindow and onDuplicate'],
    [{ dedupeWindow: '1h' }, 'Expected dedupeKey beside dedupeWindow and onDuplicate'],
    [{ key: '' }, 'Expected key to be a text of 1 to 64 characters without control characters, got: "".'],
    [{ key: 'ü'.repeat(33) }, 'Expected key to be a text of at most 64 bytes, got: '],
    [{ priority: 'urgent' }, 'Expected priority to be one of highest, high, normal, low, lowest, or a whole number, got: "urgent".'],
    [{ priority: 1.5 }, 'Expected priority to be one of highest, high, normal, low, lowest, or a whole number, got: 1.5.'],
    [{ maxAttempts: 0 }, 'Expected maxAttempts to be a whole number from 1 to 1000, got: 0.'],
    [{ maxAttempts: '3' }, 'Expected maxAttempts to be a whole number from 1 to 1000, got: "3".'],
    [{ timeout: 0 }, 'Expected timeout to be between 1 ms and 24 days (left out: 1 hour), got: 0.'],
    [{ timeout: '25d' }, 'Expected timeout to be between 1 ms and 24 days (left out: 1 hour), got: "25d".'],
    [{ tags: 'urgent' }, 'Expected tags to be a list of at most 20 texts, got: "urgent".'],
    [{ tags: [''] }, 'Expected a tag to be a text of 1 to 100 characters without control characters, got: "".'],
    [
      { tags: Array.from({ length: 21 }, (_, index) => `t${index}`) },
      'Expected tags to be a list of at most 20 texts, got: an array of 21.',
    ],
    [{ queue: '' }, 'Expected queue to be a text of 1 to 200 characters without control characters, got: "".'],
    ['high', 'Expected add options to be an object, got: "high".'],
  ])('%j is refused', (options, message) => {
    expect(() => addPlan(plain, options as never)).toThrow(expect.objectContaining({ code: 'invalid-options' }));
    expect(() => addPlan(plain, options as never)).toThrow(message);
  });
});

describe('priorities', () => {
  test('each name has its key, and the key its name; normal is the server’s own default', () => {
    expect(PRIORITIES.map(priorityKey)).toEqual([1, 2, undefined, 4, 5]);
    expect(PRIORITIES.map((name) => priorityOfKey(priorityKey(name)))).toEqual([...PRIORITIES]);
  });

  test.each([[0], [9], [null], [undefined]])('key %j, which we did not set, reads as normal', (key) => {
    expect(priorityOfKey(key)).toBe('normal');
  });
});

describe('run options over the wire', () => {
  test.each([[undefined], [null], [{}], [{ ofANewerClient: true }]])('%j is the contract’s own', (options) => {
    expect(readRunOptions(options as never)).toEqual({});
  });

  test('a part of a retry rule is completed with the defaults', () => {
    expect(readRunOptions({ retry: { maxAttempts: 7 } } as never).retry).toEqual({
      maxAttempts: 7,
      initialIntervalMs: 1000,
      backoffCoefficient: 2,
      maximumIntervalMs: 100_000,
      jitter: 0.25,
    });
  });

  test.each([
    [{ retry: { maxAttempts: 0 } }],
    [{ retry: 'often' }],
    [{ retry: null }],
    [{ retry: { backoffCoefficient: '2' } }],
    [{ retry: { jitter: 2 } }],
    [{ timeoutMs: -1 }],
    [{ deadlineMs: 0 }],
    [{ expiresInMs: '1s' }],
    [{ timeoutMs: 3_000_000_000 }],
    [{ timeoutMs: '1s' }],
    [{ heartbeatMs: 1 }],
    ['text'],
    [[]],
  ])('%j is refused', (options) => {
    expect(() => readRunOptions(options as never)).toThrow(expect.objectContaining({ code: 'invalid-options' }));
  });
});
