/** Owns what anybody can rely on who adds many jobs. Part of the suite of `jobs.ts`. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { handle } from '../../src/worker.ts';
import { gate, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf } from './support.ts';

const MOST_JOBS = 200;
const MANY_JOBS_MS = 180_000;

/** Many jobs at once. */
export function manyJobs(connect: () => Promise<ContractClient>): void {
  test('that are added by one call are each added or refused by itself, whether they share workflows or not', async () => {
    async function* inputs() {
      for (const input of [1, 2, 'three', 4]) yield await Promise.resolve(input as number);
    }
    const client = await connect();
    for (const more of [{}, { group: true } as const]) {
      const contract = contractOf({ input: z.number(), ...more });
      await runWorker({ jobs: [handle(contract, (input) => Number(input) * 2)] });
      const ends = await client.addMany(contract, inputs(), { tags: ['many'] });
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
      expect(ends[2]).toMatchObject({ reason: { code: 'invalid-input' } });
      const jobs = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
      expect(await Promise.all(jobs.map(async (job) => await job.result()))).toEqual([2, 4, 8]);
    }
    await expect(client.addMany(contractOf({}), [1], { dedupeKey: 'one' })).rejects.toMatchObject({ code: 'invalid-options' });
  });

  test(
    `${MOST_JOBS} that were queued with no worker all complete when one comes`,
    async () => {
      const contract = contractOf({});
      const client = await connect();
      const jobs = await Promise.all(Array.from({ length: MOST_JOBS }, (_, index) => client.add(contract, index)));
      await runWorker({ jobs: [handle(contract, (input) => input)], concurrency: 50 });
      expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(jobs.map((_, index) => index));
    },
    MANY_JOBS_MS,
  );

  test(
    '100 handlers that each wait for the 99 others complete with a limit of 100',
    async () => {
      const contract = contractOf({});
      const { opened, open } = gate();
      let arrived = 0;
      const meet = async (): Promise<void> => {
        arrived += 1;
        if (arrived === 100) open();
        await opened;
      };
      await runWorker({ jobs: [handle(contract, meet)], concurrency: 100 });
      const client = await connect();
      const jobs = await Promise.all(Array.from({ length: 100 }, () => client.add(contract, {})));
      await Promise.all(jobs.map((job) => job.result()));
      expect(arrived).toBe(100);
    },
    MANY_JOBS_MS,
  );
}
