/** Owns what anybody who adds jobs can rely on about their end. Part of the suite of `jobs.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { JobHandle } from '../../src/client.ts';
import { isTerminal, type JobStatus } from '../../src/contract/index.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { gate, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf } from './support.ts';

const JOBS = 24;
/** So many are surely cancelled. */
const SURE = 2;
const RUN_MS = 200;
/** What a handler does. The deaf one does not listen to a cancel. */
const KINDS = ['end', 'fail', 'deaf'];

/** A job has one end. */
export function theEnd(connect: () => Promise<ContractClient>): void {
  test('is one, the same for everybody, and stays as it is, however close a cancel and the handler’s end are', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const starts = Array.from({ length: JOBS }, gate);
    const run = async (input: unknown, { signal }: HandlerContext): Promise<string> => {
      const [index, kind] = input as [number, string];
      starts[index]?.open();
      await sleep(index < SURE ? 60_000 : RUN_MS, undefined, kind === 'deaf' ? {} : { signal });
      if (kind === 'fail') throw new Error('broken');
      return 'done';
    };
    await runWorker({ jobs: [handle(contract, run)], concurrency: JOBS });
    const [client, other] = [await connect(), await connect()];
    const jobs = await Promise.all(starts.map((_, index) => client.add(contract, [index, KINDS[index % KINDS.length]])));
    const ends = await Promise.all(
      jobs.map(async (job, index) => {
        const watchers = [endsSeen(job), endsSeen(other.job(job.id))];
        // The first ones long before their end, one of each kind after it, the others about then.
        if (index >= JOBS - KINDS.length) await job.result().catch(() => undefined);
        else if (index >= SURE) {
          await starts[index]?.opened;
          await sleep((RUN_MS * index) / (JOBS / 2));
        }
        await job.cancel();
        const [seen, elsewhere] = await Promise.all(watchers);
        expect(seen).toHaveLength(1);
        expect(elsewhere).toEqual(seen);
        return seen?.[0];
      }),
    );
    expect(new Set(ends), 'all three came about').toEqual(new Set<JobStatus>(['completed', 'failed', 'cancelled']));
    for (const [index, job] of jobs.entries()) {
      const ended = await job.get();
      expect(ended.status).toBe(ends[index]);
      await tryToChange(job);
      expect(await other.get(job.id)).toEqual(ended);
    }
  });
}

/** The terminal statuses that a watcher is given. */
async function endsSeen(job: JobHandle): Promise<JobStatus[]> {
  const seen: JobStatus[] = [];
  for await (const { status } of job.watch()) if (isTerminal(status)) seen.push(status);
  return seen;
}

/** Whatever may be asked of a job but a retry, which makes a new run of it. */
async function tryToChange(job: JobHandle): Promise<void> {
  expect(await job.cancel('too late')).toBe('already-ended');
  const refused = { code: 'conflict' };
  await expect(job.runNow()).rejects.toMatchObject(refused);
  await expect(job.postpone({ delay: '1h' })).rejects.toMatchObject(refused);
  await expect(job.setPriority('high')).rejects.toMatchObject(refused);
  await expect(job.retryNow()).rejects.toMatchObject(refused);
}
