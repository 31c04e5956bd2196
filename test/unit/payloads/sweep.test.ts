import { describe, expect, test } from 'vitest';
import type { PayloadStore, StoredJob } from '../../../src/payloads/payload-store.ts';
import { LEFT_ALONE_MS, sweep } from '../../../src/payloads/sweep.ts';

const OLD = Date.now() - LEFT_ALONE_MS - 60_000;
const YOUNG = Date.now() - LEFT_ALONE_MS + 60_000;

/** A store of these jobs. */
function storeOf(jobs: readonly StoredJob[]): { store: PayloadStore; left: Map<string, number> } {
  const left = new Map(jobs.map(({ job, writtenMs }) => [job, writtenMs]));
  const unused = (): never => {
    throw new Error('A sweep reads and writes no value.');
  };
  const store: PayloadStore = {
    put: unused,
    get: unused,
    stat: (job) => {
      const writtenMs = left.get(job);
      return Promise.resolve(writtenMs === undefined ? undefined : { job, writtenMs });
    },
    delete: (job) => Promise.resolve(void left.delete(job)),
    async *jobs() {
      yield* await Promise.resolve(jobs);
    },
  };
  return { store, left };
}

const jobs = [
  { job: 'gone', writtenMs: OLD },
  { job: 'there', writtenMs: OLD },
  { job: 'not yet added', writtenMs: YOUNG },
  { job: 'gone too', writtenMs: OLD },
];
const isGone = (job: string): Promise<boolean> => Promise.resolve(job !== 'there');

describe('a sweep', () => {
  test('removes the values of jobs that are gone, when they are over an hour old', async () => {
    const { store, left } = storeOf(jobs);
    expect(await sweep(store, { isGone, signal: new AbortController().signal, pauseMs: 0 })).toBe(2);
    expect([...left.keys()]).toEqual(['there', 'not yet added']);
  });

  test('keeps the values of a job that is added while the server is asked for it', async () => {
    const { store, left } = storeOf(jobs);
    const isAddedMeanwhile = async (job: string): Promise<boolean> => {
      if (job === 'gone') left.set('gone', Date.now());
      return await isGone(job);
    };
    expect(await sweep(store, { isGone: isAddedMeanwhile, signal: new AbortController().signal, pauseMs: 0 })).toBe(1);
    expect([...left.keys()]).toEqual(['gone', 'there', 'not yet added']);
  });

  test('asks for one job after another, and ends when it is told to', async () => {
    const { store, left } = storeOf(jobs);
    const ending = new AbortController();
    const asked: string[] = [];
    const askOnce = (job: string): Promise<boolean> => {
      asked.push(job);
      ending.abort();
      return Promise.resolve(true);
    };
    expect(await sweep(store, { isGone: askOnce, signal: ending.signal, pauseMs: 0 })).toBe(1);
    expect(asked).toEqual(['gone']);
    expect([...left.keys()]).toEqual(['there', 'not yet added', 'gone too']);
  });

  test('removes nothing while the server cannot tell', async () => {
    const { store, left } = storeOf(jobs);
    const unable = (): Promise<boolean> => Promise.reject(new Error('unavailable'));
    await expect(sweep(store, { isGone: unable, signal: new AbortController().signal, pauseMs: 0 })).rejects.toThrow('unavailable');
    expect(left.size).toBe(4);
  });
});
