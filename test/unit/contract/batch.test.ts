import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { batchPlan } from '../../../src/client/batch-plan.ts';
import {
  countsIn,
  countsOf,
  draftName,
  inputsName,
  itemsIn,
  readBatchPlan,
  readName,
  resultsName,
  segmentCount,
  segmentOf,
} from '../../../src/contract/batch.ts';
import { itemOptions } from '../../../src/contract/batch-items.ts';
import { defineJob } from '../../../src/contract/index.ts';

const contract = defineJob({ name: 'index', input: z.object({}) });

describe('the segments of a batch', () => {
  it.each([
    [0, []],
    [1, [1]],
    [1000, [1000]],
    [1001, [1000, 1]],
    [2500, [1000, 1000, 500]],
  ])('of %s items have %j', (items, sizes) => {
    expect(Array.from({ length: segmentCount(items) }, (_none, segment) => itemsIn(segment, items))).toEqual(sizes);
  });

  it('know each item by its place', () => {
    expect([0, 999, 1000, 123_456].map(segmentOf)).toEqual([
      { segment: 0, place: 0 },
      { segment: 0, place: 999 },
      { segment: 1, place: 0 },
      { segment: 123, place: 456 },
    ]);
  });

  it('are found by the names of their values, and by no others', () => {
    expect([inputsName(3), resultsName(2, 3), draftName(2, 3, 1)].map(readName)).toEqual([
      { kind: 'inputs', numbers: [3] },
      { kind: 'results', numbers: [2, 3] },
      { kind: 'draft', numbers: [2, 3, 1] },
    ]);
    expect(['a'.repeat(64), 'other-1', ''].map(readName)).toEqual([undefined, undefined, undefined]);
  });

  it('count items that have ended; of those that are tried again nobody knows', () => {
    const about = { endedMs: 1 };
    expect(
      countsOf([
        { ...about, job: 0, end: 'completed' },
        { ...about, job: 1, end: 'failed', error: { code: 'a', message: 'b' } },
        { ...about, job: 2, end: 'cancelled' },
        { ...about, job: 3, end: 'again', dueMs: 2 },
      ]),
    ).toEqual({ completed: 1, failed: 1, cancelled: 1 });
    expect(countsIn({ completed: 2, failed: 'x' })).toEqual({ completed: 2, failed: 0, cancelled: 0 });
  });
});

describe('what a batch is told', () => {
  it('is of the batch or of each item', () => {
    const { batch, plan } = batchPlan(contract, { name: 'all', concurrency: 3, onItemFailure: 'stop', maxAttempts: 2, tags: ['a'] });
    expect(batch).toEqual({ name: 'all', concurrency: 3, onItemFailure: 'stop' });
    expect(plan).toMatchObject({ maxAttempts: 2, tags: ['a'] });
  });

  it.each([
    [{ name: '' }, 'Expected name to be'],
    [{ concurrency: 0 }, 'Expected concurrency to be'],
    [{ onItemFailure: 'never' }, 'Expected onItemFailure to be one of continue, stop, cancel-rest, got: "never".'],
    [{ dedupeKey: 'a' }, 'Expected dedupeKey to be left out: a batch has none'],
    [{ idempotencyKey: 'a' }, 'Expected idempotencyKey to be left out'],
    [{ deadline: '1m' }, 'Expected deadline to be left out'],
    [{ parallel: 3 }, 'Unknown add options: "parallel".'],
  ])('is refused: %j', (options, message) => {
    expect(() => batchPlan(contract, options as object)).toThrow(message);
  });

  it.each([
    ['steps', { steps: true as const }],
    ['cleanUp', { cleanUp: '1m' as const }],
    ['deadline', { deadline: '1m' as const }],
    ['expiresIn', { expiresIn: '1m' as const }],
  ])('cannot be of a type with %s', (option, more) => {
    expect(() => batchPlan(defineJob({ name: 'index', input: z.object({}), ...more }))).toThrow(`has "${option}", which needs a workflow`);
  });

  it('is checked when it comes over the wire', () => {
    const plan = { items: 5, run: 1, since: 1, concurrency: 2, segments: [0] };
    expect(readBatchPlan({ ...plan, unknown: 1 } as typeof plan)).toEqual(plan);
    expect(() => readBatchPlan({ ...plan, items: -1 })).toThrow('Expected batch.items to be');
    expect(() => readBatchPlan({ ...plan, segments: [0.5] })).toThrow('Expected batch.segments to be');
  });
});

describe('what is asked of items', () => {
  it('has defaults', () => expect(itemOptions()).toEqual({ from: 0, limit: 50 }));
  it.each([
    [{ status: 'delayed' }, 'Expected status to be one of queued, processing'],
    [{ from: -1 }, 'Expected from to be'],
    [{ limit: 501 }, 'Expected limit to be'],
    [{ page: 1 }, 'Unknown item options: "page".'],
  ])('is refused: %j', (options, message) => {
    expect(() => itemOptions(options as object)).toThrow(message);
  });
});
