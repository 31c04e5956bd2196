import { expect, test } from 'vitest';
import { search } from '../../../src/temporal/open-jobs.ts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');

test.each([
  ['2 000 of the last hour', Array.from({ length: 2000 }, (_, index) => NOW - index * 1800), 40],
  ['2 000 of one second, ten minutes ago', Array.from({ length: 2000 }, (_, index) => NOW - 600_000 - index / 2), 40],
  [
    'a few old ones below 10 000 new ones',
    [...Array.from({ length: 300 }, () => NOW - 30 * 86_400_000), ...Array.from({ length: 10_000 }, () => NOW - 1500)],
    10,
  ],
])('of %s the oldest are split off with few counts', async (_what, due, most) => {
  let counts = 0;
  const count = (before: number): Promise<number> => {
    counts += 1;
    return Promise.resolve(due.filter((time) => time < before).length);
  };
  const older = await count(await search(count, NOW));
  expect(older).toBeGreaterThanOrEqual(200);
  expect(older).toBeLessThanOrEqual(400);
  expect(counts).toBeLessThan(most);
});

test('more of one millisecond than are looked at give the time after them', async () => {
  const count = (before: number): Promise<number> => Promise.resolve(before > NOW - 5000 ? 3000 : 0);
  expect(await count(await search(count, NOW))).toBe(3000);
});
