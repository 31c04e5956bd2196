import { describe, expect, it } from 'vitest';
import { type ErrorGroups, MAX_GROUPS, mergeGroups, patternOf, withError } from '../../../../src/contract/statistics/error-groups.ts';

const error = { code: 'E_X', message: 'row 17 is bad', jobId: 'job-1', at: 1000 };

describe('the pattern of a message', () => {
  it.each([
    ['row 17 of 20.5 failed', 'row <number> of <number> failed'],
    ['GET https://shop.example/a?page=3 gave 503', 'GET <url> gave <number>'],
    ['mail to a.b+c@mail.example bounced', 'mail to <address> bounced'],
    ['no such file: /home/x/data/9.csv', 'no such file: <path>'],
    ['job 0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b is gone', 'job <id> is gone'],
    ['commit 9fceb02d0ae598e95dc970b74767f19372d61af8 is missing', 'commit <id> is missing'],
    ['column "price" is null', 'column <text> is null'],
    ['a line\n  and\tanother', 'a line and another'],
    ['facade decade', 'facade decade'],
  ])('of %j is %j', (message, pattern) => {
    expect(patternOf(message)).toBe(pattern);
  });

  it('is at most 120 characters, and quick to make of anything', () => {
    expect(patternOf('word '.repeat(100_000))).toHaveLength(120);
    const begun = performance.now();
    for (const text of ['a', '/', '.', '"', '1', 'a.', 'a@', ':/', '0a']) patternOf(text.repeat(1_000_000));
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe('error groups', () => {
  it('hold together what differs in numbers only, with first and last time and the newest as the example', () => {
    const first = withError({}, error);
    const both = withError(first, { ...error, message: 'row 4 is bad', jobId: 'job-2', at: 5000 });
    const earlier = withError(both, { ...error, message: 'row 5 is bad', jobId: 'job-0', at: 10 });
    expect(Object.values(earlier)).toEqual([
      {
        code: 'E_X',
        pattern: 'row <number> is bad',
        count: 3,
        firstAt: 10,
        lastAt: 5000,
        jobId: 'job-2',
        message: 'row 4 is bad',
        hours: { 0: 3 },
      },
    ]);
  });

  it('count by hour, and forget what lies 24 hours before the newest one', () => {
    const hour = 3_600_000;
    const times = [0, 1, hour, 5 * hour, 24 * hour + 7, 24 * hour + 8];
    const groups = times.reduce<ErrorGroups>((sum, at) => withError(sum, { ...error, at }), {});
    expect(Object.values(groups)[0]).toMatchObject({ count: 6, hours: { 1: 1, 5: 1, 24: 2 } });
    expect(Object.values(groups)[0]?.hours).not.toHaveProperty('0');
    // A worker may report late.
    const late = withError(groups, { ...error, at: 0 });
    expect(Object.values(late)[0]).toMatchObject({ count: 7, hours: { 1: 1, 5: 1, 24: 2 } });
  });

  it('of an older version, which counted no hours, are added to', () => {
    const { code, message, jobId, at } = error;
    const old: ErrorGroups = {
      'E_X row <number> is bad': { code, pattern: 'row <number> is bad', count: 1, firstAt: at, lastAt: at, jobId, message },
    };
    const groups = mergeGroups(old, withError({}, { ...error, at: 3_600_000 }));
    expect(Object.values(groups)).toMatchObject([{ count: 2, hours: { 1: 1 } }]);
  });

  it('keep other codes and other messages apart', () => {
    const groups = withError(withError(withError({}, error), { ...error, code: 'E_Y' }), { ...error, message: 'column 3 is bad' });
    expect(Object.keys(groups)).toHaveLength(3);
  });

  it('keep 200 characters of a message', () => {
    expect(Object.values(withError({}, { ...error, message: 'x'.repeat(5000) }))[0]?.message).toHaveLength(200);
  });

  it('keep the 50 that were seen last', () => {
    const words = Array.from({ length: MAX_GROUPS + 10 }, (_none, index) => String.fromCharCode(97 + (index % 26)).repeat(1 + index / 26));
    const groups = words.reduce<ErrorGroups>((sum, word, at) => withError(sum, { ...error, message: word, at }), {});
    expect(Object.values(groups).map(({ lastAt }) => lastAt)).toHaveLength(MAX_GROUPS);
    expect(Math.min(...Object.values(groups).map(({ lastAt }) => lastAt))).toBe(10);
    expect(mergeGroups(groups, {})).toEqual(groups);
  });
});
