/** The wait for an index that lags, here one that shows a change only at a later look. */
import { expect, it } from 'vitest';
import { IndexLag, type IndexLook } from '../../src/job-queue/index-lag.ts';

/** An index that shows job by job what `shown` says at the `n`-th look (1 = the first). */
function laggingIndex(shown: (id: string, look: number) => 'open' | 'completed' | undefined): { look: IndexLook; asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    look: async (ids) => {
      asked.push(ids.length);
      const rows = ids.map((id) => ({ id, close: shown(id, asked.length) }));
      return await Promise.resolve(rows.flatMap(({ id, close }) => (close === undefined ? [] : [{ id, close }])));
    },
  };
}

it('waits until an added job is shown and an ended one is shown as ended, and asks only for what is missing', async () => {
  const { look, asked } = laggingIndex((id, n) => (id === 'added' ? (n >= 2 ? 'open' : undefined) : n >= 4 ? 'completed' : 'open'));
  const lag = new IndexLag(look);
  lag.added('added');
  lag.added('ended');
  lag.ended('ended');
  await lag.caughtUp();
  expect(asked).toEqual([2, 2, 1, 1]);
  await lag.caughtUp();
  expect(asked).toHaveLength(4);
});

it('asks nothing when nothing happened, and not for what was removed', async () => {
  const { look, asked } = laggingIndex(() => undefined);
  const lag = new IndexLag(look);
  lag.ended('gone');
  lag.removed('gone');
  await lag.caughtUp();
  expect(asked).toEqual([]);
});

it('gives up after some seconds, and asks in portions', { timeout: 30_000 }, async () => {
  const { look, asked } = laggingIndex((id) => (id === 'never' ? undefined : 'open'));
  const lag = new IndexLag(look);
  for (let n = 0; n < 149; n += 1) lag.added(`job ${n}`);
  lag.added('never');
  const startedAt = Date.now();
  await lag.caughtUp();
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2900);
  expect(asked.slice(0, 3)).toEqual([100, 50, 1]);
});
