import { expect, test } from 'vitest';
import { SharedReads } from '../../../src/temporal/shared-reads.ts';

function counted(): { body: () => Promise<number>; calls: () => number } {
  let calls = 0;
  return { body: () => Promise.resolve((calls += 1)), calls: () => calls };
}

test('all who ask while a read is under way get its answer, and so do those who come soon after', async () => {
  const { body, calls } = counted();
  const reads = new SharedReads<number>(() => 60_000);
  const answers = await Promise.all(Array.from({ length: 10 }, () => reads.read('key', body)));
  expect([...answers, await reads.read('key', body)]).toEqual(Array.from({ length: 11 }, () => 1));
  expect(calls()).toBe(1);
  expect(await reads.read('another', body)).toBe(2);
});

test('an answer that is too old, or was begun before what it has to show, is read anew', async () => {
  const { body } = counted();
  const reads = new SharedReads<number>((keys, tookMs) => (keys === 1 && tookMs >= 0 ? -1 : 60_000));
  expect([await reads.read('key', body), await reads.read('key', body)]).toEqual([1, 2]);
  const kept = new SharedReads<number>(() => 60_000);
  await kept.read('key', body);
  expect(await kept.read('key', body, 1)).toBe(4);
});

test('a read that fails serves those who waited for it, and nobody after', async () => {
  const reads = new SharedReads<number>(() => 60_000);
  const fail = (): Promise<number> => Promise.reject(new Error('away'));
  const answers = await Promise.allSettled([reads.read('key', fail), reads.read('key', () => Promise.resolve(1))]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await reads.read('key', () => Promise.resolve(2))).toBe(2);
});
