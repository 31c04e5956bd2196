/** Owns what the tests of the suite share: what a client must offer, a job type for one test, waiting for a status. */
import { z } from 'zod';
import type { JobClient, JobHandle } from '../../src/client.ts';
import { defineJob, type JobContract, type JobSnapshot, type JobStatus } from '../../src/contract/index.ts';
import { handle } from '../../src/worker.ts';
import { eventually, gate, ownQueue, runWorker } from '../support/jobs.ts';

/** What a client must offer to pass. */
export type ContractClient = Omit<JobClient, 'close' | `#${string}`>;

/** What a client's jobs have not all alike. */
export interface SuiteTraits {
  /** Its jobs share workflows: a list has a row for each of these, and they have one place in the queue. */
  readonly isShared: boolean;
}

const anything: z.ZodType = z.unknown();

/** A job type of its own for one test, on a queue of its own. */
export function contractOf<const More extends object>(
  more: More,
): JobContract<string, typeof anything, typeof anything> & { queue: string } {
  return defineJob({ name: 'contract-job', input: anything, output: anything, queue: ownQueue(), ...more });
}

/** A worker that runs one handler at a time, each of which waits until `open`. `called` has their inputs, in the order of the calls. */
export async function oneAtATime(contract: JobContract): Promise<{ readonly called: readonly unknown[]; readonly open: () => void }> {
  const { opened, open } = gate();
  const called: unknown[] = [];
  const run = async (input: unknown): Promise<void> => {
    called.push(input);
    await opened;
  };
  await runWorker({ jobs: [handle(contract, run)], concurrency: 1 });
  return { called, open };
}

/** Waits until the job has the status. */
export async function isStatus(job: JobHandle, status: JobStatus): Promise<JobSnapshot> {
  return await eventually(`job to be ${status}`, async () => {
    const snapshot = await job.get();
    return snapshot.status === status && snapshot;
  });
}
