import { describe, expect, it, vi } from 'vitest';
import { inTurns, orderOf, runRounds } from '../../../bench/rounds.ts';

describe('the rounds of a benchmark', () => {
  it('give each contender every place once in six', () => {
    const orders = Array.from({ length: 6 }, (_none, index) => orderOf(['holdfast', 'raw', 'bullmq'], index).join());
    expect(new Set(orders).size).toBe(6);
  });

  it('run each contender once, one after the other', async () => {
    const ran: string[] = [];
    const round = await inTurns(['holdfast', 'raw'], 1, (name) => {
      ran.push(name);
      return Promise.resolve(ran.length);
    });
    expect({ ran, round }).toEqual({ ran: ['raw', 'holdfast'], round: { raw: 1, holdfast: 2 } });
  });

  it('are as many as were asked for', async () => {
    expect(await runRounds({ rounds: 3, endsBy: Number.POSITIVE_INFINITY, round: (index) => Promise.resolve(index) })).toEqual([0, 1, 2]);
  });

  it('end when there is no time for another one like the longest, but never before the first', async () => {
    vi.useFakeTimers({ now: 0 });
    try {
      const takeMs = async (ms: number): Promise<number> => await Promise.resolve(vi.setSystemTime(Date.now() + ms) && ms);
      const round = (index: number): Promise<number> => takeMs(index === 0 ? 400 : 100);
      expect(await runRounds({ rounds: 9, endsBy: 1000, round })).toEqual([400, 100, 100]);
      expect(await runRounds({ rounds: 9, endsBy: 0, round })).toEqual([400]);
    } finally {
      vi.useRealTimers();
    }
  });
});
