import { describe, expect, test } from 'vitest';
import { ProgressReports } from '../../../src/activities/progress-reports.ts';

describe('progress reports to the workflow', () => {
  test('of a handler under 2 s are none', () => {
    expect(
      reported([
        [0, 10],
        [1000, 50],
        [1999, 99],
      ]),
    ).toEqual([]);
  });

  test('begin after 2 s, also when the handler has said nothing: that it runs is news', () => {
    expect(
      reported([
        [1900, undefined],
        [2000, undefined],
        [4000, undefined],
      ]),
    ).toEqual([0]);
  });

  test('come at each further 5 %, at most every 2 s', () => {
    expect(
      reported([
        [2000, 10],
        [2500, 40],
        [3999, 60],
        [4000, 60],
        [6000, 64.9],
        [8000, 65],
      ]),
    ).toEqual([10, 60, 65]);
  });

  test('are 20 at most', () => {
    const offers = Array.from({ length: 100 }, (_, index): [number, number] => [2000 * (index + 1), index]);
    expect(reported(offers)).toHaveLength(20);
  });
});

/** The percentages that are sent for progress `percent` at each time after the start. */
function reported(offers: readonly (readonly [number, number | undefined])[]): number[] {
  const sent: number[] = [];
  const startedAt = 1_000_000;
  const reports = new ProgressReports(startedAt, ({ percent }) => sent.push(percent));
  for (const [afterMs, percent] of offers) reports.offer(percent === undefined ? undefined : { percent }, startedAt + afterMs);
  return sent;
}
