/** Owns how a job's status follows from what the server says. Pure; the table is in the design and in its test. */
import type { JobStatus, StepSnapshot } from '../contract/snapshot.ts';
import { type JobDescription, type JobInfo, type PendingActivity, UNTOUCHED_HISTORY } from './describe.ts';

/** The status of a closed job; undefined for an open one, which needs `statusOf`. */
export function closedStatus({ close }: JobInfo): JobStatus | undefined {
  if (close === 'open') return undefined;
  return close === 'completed' || close === 'cancelled' ? close : 'failed';
}

/** The status at the time `now` (ms since 1970). */
export function statusOf(job: JobDescription, now: number): JobStatus {
  const closed = closedStatus(job);
  if (closed !== undefined) return closed;
  if (job.isCancelRequested) return 'cancelling';
  if (isDelayed(job, now)) return 'delayed';
  const steps = job.activities.map((activity) => stepStatus(activity, now));
  if (steps.length === 0) return hasBegun(job) ? 'processing' : 'queued';
  if (steps.some((status) => status === 'processing' || status === 'cancelling')) return 'processing';
  if (steps.every((status) => status === 'retrying')) return 'retrying';
  return hasEndedSteps(job) ? 'processing' : 'queued';
}

/** The status of one handler call. */
export function stepStatus({ phase, nextAttemptMs, attempt }: PendingActivity, now: number): StepSnapshot['status'] {
  if (phase === 'started') return 'processing';
  if (phase === 'cancelling') return 'cancelling';
  return attempt > 1 && nextAttemptMs !== undefined && nextAttemptMs > now ? 'retrying' : 'queued';
}

/** True while the job is held back: by the server, or by its workflow when its time was changed by hand. */
export function isDelayed(job: JobDescription, now: number): boolean {
  if (job.isBegun !== undefined) return !job.isBegun && job.dueMs > now;
  // Held by the server: it has had no workflow task yet.
  const isHeld = job.dueMs > job.addedMs && !job.hasWorkflowTask && job.activities.length === 0;
  return isHeld && (job.historyLength === 1 || job.dueMs > now);
}

/**
 * True when what the job left is in its history: it is closed, or its only handler has ended and the workflow task that
 * closes it is due. In between describe lists no handler, and progress would seem to vanish.
 */
export function hasEnded(job: JobDescription): boolean {
  return job.close !== 'open' || (job.steps === undefined && job.activities.length === 0 && hasBegun(job));
}

/** Of a job without a pending handler: whether there has been one. */
export function hasBegun({ isBegun, historyLength }: JobDescription): boolean {
  return isBegun ?? historyLength > UNTOUCHED_HISTORY;
}

function hasEndedSteps({ steps, activities }: JobDescription): boolean {
  return steps !== undefined && (steps.percent > 0 || Object.keys(steps.running).length > activities.length);
}
