/** Owns what the tests of the suite share: what a client must offer, a job type for one test, waiting for a status. */
import { z } from 'zod';
import type { JobClient, JobHandle } from '../../src/client.ts';
import { defineJob, type JobContract, type JobSnapshot, type JobStatus } from '../../src/contract/index.ts';
import { eventually, ownQueue } from '../support/jobs.ts';

/** What a client must offer to pass. */
export type ContractClient = Omit<JobClient, 'close' | `#${string}`>;

const anything: z.ZodType = z.unknown();

/** A job type of its own for one test, on a queue of its own. */
export function contractOf<const More extends object>(
  more: More,
): JobContract<string, typeof anything, typeof anything> & { queue: string } {
  return defineJob({ name: 'contract-job', input: anything, output: anything, queue: ownQueue(), ...more });
}

/** Waits until the job has the status. */
export async function isStatus(job: JobHandle, status: JobStatus): Promise<JobSnapshot> {
  return await eventually(`job to be ${status}`, async () => {
    const snapshot = await job.get();
    return snapshot.status === status && snapshot;
  });
}
