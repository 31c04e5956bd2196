import { describe, expect, it } from 'vitest';
import {
  asQueueStatistics,
  MAX_STATISTICS_BYTES,
  MAX_TYPES,
  memoChanges,
  memoOf,
  mergeQueues,
  type QueueStatistics,
  statisticsInMemo,
} from '../../../../src/contract/statistics/queue-statistics.ts';
import { countOf, EMPTY_SKETCH, quantile } from '../../../../src/contract/statistics/quantile-sketch.ts';
import { ProgressLooks } from '../../../../src/contract/statistics/progress-looks.ts';
import {
  emptyType,
  mergeTypes,
  type TypeStatistics,
  withCancel,
  withCompletion,
  withFailure,
  withMany,
} from '../../../../src/contract/statistics/type-statistics.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

function failed(type: TypeStatistics, isLast: boolean, message = 'broken'): TypeStatistics {
  return withFailure(type, { error: { code: 'E', message, jobId: 'job', at: NOW }, isLast });
}

/** What a worker could have seen. */
function seen(): TypeStatistics {
  let type = withMany(emptyType(NOW - 5000), { at: NOW - 5000, waitsMs: [400], runsMs: [] });
  type = failed(type, false);
  type = withCompletion(type, { at: NOW, ranMs: 3000 });
  type = failed(withMany(type, { at: NOW, waitsMs: [500], runsMs: [] }), true);
  return withCancel(withMany(type, { at: NOW, waitsMs: [600], runsMs: [] }), NOW);
}

describe('the statistics of a type', () => {
  it('count starts, ends and retries', () => {
    const { started, completed, failed, cancelled, retries, since, updated } = seen();
    expect({ started, completed, failed, cancelled, retries }).toEqual({ started: 3, completed: 1, failed: 1, cancelled: 1, retries: 1 });
    expect([since, updated]).toEqual([NOW - 5000, NOW]);
    expect(quantile(seen().wait, 0.5)).toBeCloseTo(500, -1);
    expect(quantile(seen().run, 0.5)).toBeCloseTo(3000, -2);
  });

  it('add up what several workers saw', () => {
    const sum = mergeTypes(mergeTypes(emptyType(NOW), seen(), NOW), seen(), NOW);
    expect(sum).toMatchObject({ started: 6, completed: 2, failed: 2, cancelled: 2, retries: 2 });
    expect(countOf(sum.wait)).toBe(6);
    expect(Object.values(sum.errors)).toMatchObject([{ count: 4 }]);
    expect(sum.minutes).toEqual({ [NOW / MINUTE]: [2, 2] });
  });

  it('forget minutes after an hour, and do not believe a clock that runs ahead', () => {
    const at = (time: number): TypeStatistics => withCompletion(emptyType(time), { at: time, ranMs: 10 });
    const sum = [at(NOW - 59 * MINUTE), at(NOW), at(NOW + 300 * MINUTE)].reduce((all, one) => mergeTypes(all, one, NOW), emptyType(NOW));
    expect(Object.keys(sum.minutes).map(Number)).toEqual([NOW / MINUTE - 58, NOW / MINUTE].slice(1));
    expect(sum.updated).toBe(NOW);
    const recent = mergeTypes(at(NOW - 57 * MINUTE), at(NOW), NOW);
    expect(Object.keys(recent.minutes)).toHaveLength(2);
  });

  it('remember by how much percentages were off, by the time that they stood', () => {
    const looks = new ProgressLooks();
    for (let elapsedMs = 1000; elapsedMs < 100_000; elapsedMs += 1000) looks.note({ elapsedMs, percent: 50 });
    expect(looks.samples.length).toBeLessThan(20);
    const { progress } = withCompletion(emptyType(0), { at: NOW, ranMs: 100_000, looks });
    // At 50 % the promise is as much again as has gone by: half way through it is right.
    const [ratios] = Object.values(progress);
    expect(Object.keys(progress)).toEqual(['2']);
    expect(countOf(ratios ?? EMPTY_SKETCH)).toBeGreaterThan(50);
    expect((quantile(ratios ?? EMPTY_SKETCH, 0.5) ?? 0) / 1000).toBeCloseTo(1, 0);
  });
});

describe('the statistics of a queue', () => {
  it('leave a type as it was when nothing was added to it', () => {
    const before = mergeQueues({}, { one: seen(), two: seen() }, NOW);
    const after = mergeQueues(before, { two: seen() }, NOW);
    expect(after['one']).toBe(before['one']);
    expect(memoChanges(before, after)).toEqual({ 'type:two': after['two'] });
  });

  it('go through a memo and back', () => {
    const statistics = mergeQueues({}, { one: seen(), constructor: seen() }, NOW);
    expect(statisticsInMemo(JSON.parse(JSON.stringify({ ...memoOf(statistics), other: 1 })) as Record<string, unknown>)).toEqual(
      statistics,
    );
  });

  it('keep the 100 types that were seen last, and take the others out of the memo', () => {
    const many: QueueStatistics = Object.fromEntries(
      Array.from({ length: MAX_TYPES + 5 }, (_none, index) => [`type-${index}`, emptyType(NOW - index)]),
    );
    const kept = mergeQueues({}, many, NOW);
    expect(Object.keys(kept)).toHaveLength(MAX_TYPES);
    expect(kept['type-104']).toBeUndefined();
    const after = mergeQueues(kept, { 'type-new': emptyType(NOW) }, NOW);
    expect(memoChanges(kept, after)).toEqual({ 'type:type-new': after['type-new'], 'type:type-99': null });
  });

  it('fit a memo, whatever the errors say', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');
    const noisy = [...letters, ...letters.map((letter) => letter.toUpperCase())].reduce(
      (type, letter) => failed(type, true, `${letter}${'é'.repeat(300)}`),
      emptyType(NOW),
    );
    const many = Object.fromEntries(Array.from({ length: MAX_TYPES }, (_none, index) => [`type-${index}`, noisy]));
    const kept = mergeQueues({}, many, NOW);
    expect(new TextEncoder().encode(JSON.stringify(kept)).length).toBeLessThan(MAX_STATISTICS_BYTES * 1.01);
    expect(Object.keys(kept).length).toBeGreaterThan(5);
  });

  it.each([
    null,
    [],
    'x',
    { one: null },
    { one: { ...seen(), started: -1 } },
    { one: { ...seen(), wait: { level: 0, min: 1, max: 2, buckets: { a: 1 } } } },
    { one: { ...seen(), minutes: { 5: [1] } } },
    { one: { ...seen(), errors: { x: { code: 7 } } } },
    {
      one: {
        ...seen(),
        errors: { x: { code: 'E', pattern: 'p', count: 1, firstAt: 1, lastAt: 1, jobId: 'a', message: 'm', hours: { 1: 'many' } } },
      },
    },
    { one: { ...seen(), progress: { 1: 'x' } } },
  ])('are not taken from %j', (value) => {
    expect(asQueueStatistics(value)).toEqual({});
  });

  it('are taken from what is sound beside what is not', () => {
    expect(Object.keys(asQueueStatistics({ one: seen(), two: 7 }))).toEqual(['one']);
  });
});
