/**
 * Owns where a job is found by its id: in a workflow of its own, or in its carrier. One that was carried and then retried by hand has a
 * workflow of its own, which is the newer run.
 */
import { addressOf } from '../contract/carrier.ts';
import { unknownJob } from '../contract/errors.ts';
import type { ToldJob } from './carried/carried-job.ts';
import { CarrierReads } from './carried/carrier-reads.ts';
import type { Temporal } from './connection.ts';
import { describeJob, type JobDescription } from './describe.ts';

export interface FoundJob {
  readonly job: JobDescription;
  /** What else is known of a job that is carried. */
  readonly carried?: ToldJob;
}

/** The newest run of a job, or undefined when there is none of this id. */
export async function findJob(temporal: Temporal, id: string): Promise<FoundJob | undefined> {
  const { workflowId, place } = addressOf(id);
  const carried = place === undefined ? undefined : await CarrierReads.of(temporal).job({ workflowId, place });
  const mayHaveOwn = carried === undefined || carried.job.close === 'failed' || carried.job.close === 'cancelled';
  const own = mayHaveOwn ? await describeJob(temporal, id) : undefined;
  if (own !== undefined) return { job: own };
  return carried === undefined ? undefined : { job: carried.job, carried };
}

/** The newest run of a job. @throws JobError `not-found` */
export async function existingJob(temporal: Temporal, id: string): Promise<FoundJob> {
  const found = await findJob(temporal, id);
  if (found === undefined) throw unknownJob(id);
  return found;
}
