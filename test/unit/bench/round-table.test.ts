import { describe, expect, it } from 'vitest';
import { ratiosOf, roundTable } from '../../../bench/round-table.ts';

const measure = { title: 'ms', of: (run: { readonly ms: number }) => run.ms };

describe('a table of rounds', () => {
  it('has the median, least and greatest of each contender, and the ratio within each round', () => {
    const rounds = [
      { holdfast: { ms: 10 }, raw: { ms: 20 } },
      { holdfast: { ms: 30 }, raw: { ms: 20 } },
      { holdfast: { ms: 200 }, raw: { ms: 20 } },
    ];
    expect(roundTable(rounds, [measure])).toBe(
      [
        '|     | Holdfast        | raw Temporal     | Holdfast ÷ raw Temporal |',
        '| --- | --------------- | ---------------- | ----------------------- |',
        '| ms  | 30.0 (10.0–200) | 20.0 (20.0–20.0) | 1.50 (0.50–10.0)        |',
      ].join('\n'),
    );
  });

  it('of one contender has no ratio', () => {
    expect(roundTable([{ raw: { ms: 1 } }], [measure])).toBe(
      ['|     | raw Temporal     |', '| --- | ---------------- |', '| ms  | 1.00 (1.00–1.00) |'].join('\n'),
    );
  });

  it('takes no ratio to a contender that did not run in a round', () => {
    expect(ratiosOf([{ holdfast: { ms: 1 }, bullmq: { ms: 4 } }, { holdfast: { ms: 1 } }], measure, 'bullmq')).toEqual([0.25]);
  });
});
