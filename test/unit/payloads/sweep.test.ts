import { describe, expect, test } from 'vitest';
import type { StoredJob, StoredValue } from '../../../src/payloads/payload-store.ts';
import { LEFT_ALONE_MS, type SweptStore, sweep } from '../../../src/payloads/sweep.ts';

const OLD = Date.now() - LEFT_ALONE_MS - 60_000;
const YOUNG = Date.now() - LEFT_ALONE_MS + 60_000;

/** A store of these jobs, and the ids that are left in it. */
class FakeStore implements SweptStore {
  readonly #jobs: Map<string, readonly StoredValue[]>;

  constructor(jobs: readonly StoredJob[]) {
    this.#jobs = new Map(jobs.map(({ job, values }) => [job, values]));
  }

  get left(): string[] {
    return [...this.#jobs.values()].flat().map(({ id }) => id);
  }

  put(job: string): Promise<never> {
    this.#jobs.set(job, [{ id: `${job}/1`, writtenMs: Date.now() }]);
    return Promise.resolve() as Promise<never>;
  }

  get(): never {
    throw new Error('A sweep reads no value.');
  }

  stat(job: string): Promise<StoredJob | undefined> {
    const values = this.#jobs.get(job);
    return Promise.resolve(values && { job, values });
  }

  delete(job: string, ids: readonly string[] = []): Promise<void> {
    this.#jobs.set(
      job,
      (this.#jobs.get(job) ?? []).filter(({ id }) => !ids.includes(id)),
    );
    return Promise.resolve();
  }

  async *jobs(): AsyncGenerator<StoredJob, void, undefined> {
    yield* await Promise.resolve([...this.#jobs].map(([job, values]) => ({ job, values })));
  }
}

function stored(job: string, ...times: readonly number[]): StoredJob {
  return { job, values: times.map((writtenMs, index) => ({ id: `${job}/${index + 1}`, writtenMs })) };
}

const jobs = [stored('gone', OLD), stored('runs', OLD, OLD), stored('not yet added', YOUNG), stored('ran anew', OLD, OLD, YOUNG)];

function neededBy({ job }: StoredJob): Promise<readonly string[] | 'all'> {
  return Promise.resolve(job === 'runs' ? 'all' : job === 'ran anew' ? ['ran anew/2'] : []);
}

const { signal } = new AbortController();

describe('a sweep', () => {
  test('removes the values that no job needs, when they are over an hour old', async () => {
    const store = new FakeStore(jobs);
    expect(await sweep(store, { neededBy, signal, pauseMs: 0 })).toBe(2);
    expect(store.left).toEqual(['runs/1', 'runs/2', 'not yet added/1', 'ran anew/2', 'ran anew/3']);
  });

  test('keeps the value of a job that is added while the server is asked for it', async () => {
    const store = new FakeStore(jobs);
    const addedMeanwhile = async (job: StoredJob): Promise<readonly string[] | 'all'> => {
      if (job.job === 'gone') await store.put('gone');
      return await neededBy(job);
    };
    expect(await sweep(store, { neededBy: addedMeanwhile, signal, pauseMs: 0 })).toBe(1);
    expect(store.left).toContain('gone/1');
  });

  test('asks for one job after another, not for those with young values only, and ends when it is told to', async () => {
    const asked: string[] = [];
    const ending = new AbortController();
    const ask = (job: StoredJob): Promise<readonly string[]> => {
      asked.push(job.job);
      if (asked.length === 2) ending.abort();
      return Promise.resolve([]);
    };
    await sweep(new FakeStore([stored('young', YOUNG), ...jobs]), { neededBy: ask, signal: ending.signal, pauseMs: 0 });
    expect(asked).toEqual(['gone', 'runs']);
  });
});
