/** Owns how a job on the server becomes the `Job` that users of `JobQueue` see. Pure. */
import type { JobSnapshot, JobStatus as SnapshotStatus } from '../contract/snapshot.ts';
import { Job, type JobStatus } from './job.ts';

const STATUSES: Readonly<Record<SnapshotStatus, JobStatus>> = {
  delayed: 'queued',
  queued: 'queued',
  retrying: 'queued',
  processing: 'processing',
  cancelling: 'processing',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** The seed's five statuses are fewer: what waits is `queued`, what is being stopped is `processing`. */
export function statusOfSnapshot({ status }: Pick<JobSnapshot, 'status'>): JobStatus {
  return STATUSES[status];
}

/** The job that `snapshot` tells of. */
export function jobOfSnapshot(snapshot: JobSnapshot): Job {
  const job = new Job<unknown, unknown>(snapshot.type, snapshot.input);
  job.id = snapshot.id;
  job.status = statusOfSnapshot(snapshot);
  job.progress = snapshot.progress?.percent ?? 0;
  job.attempts = snapshot.attempt;
  job.maxAttempts = snapshot.maxAttempts;
  job.createdAt = earlier(addedAtOf(snapshot.id), new Date(snapshot.addedAt));
  if (snapshot.output !== undefined) job.result = snapshot.output;
  if (snapshot.error !== undefined) job.error = snapshot.error.message;
  if (snapshot.startedAt !== undefined) job.startedAt = new Date(snapshot.startedAt);
  if (snapshot.endedAt !== undefined) job.completedAt = new Date(snapshot.endedAt);
  return job;
}

/** When `addJob` made the id: it is a UUID of version 7, whose first 48 bits are that time. Undefined for another kind of id. */
export function addedAtOf(id: string): Date | undefined {
  const isVersion7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id);
  return isVersion7 ? new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)) : undefined;
}

/** The id's time is the adder's clock: where that is ahead of the server's, a job would end before it was made. */
function earlier(made: Date | undefined, stored: Date): Date {
  return made !== undefined && made < stored ? made : stored;
}
