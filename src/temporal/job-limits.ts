/** Owns when a job has to be started and done, and whether it is past that while only a worker can record it. Pure. */
import type { JobSnapshot } from '../contract/snapshot.ts';
import type { OverdueLimit } from '../contract/waiting-for.ts';
import type { JobDescription, JobInfo } from './describe.ts';
import { isoTime } from './protocol.ts';
import { hasBegun } from './status.ts';

/** The limits of a job as instants. */
export function limitsOf({ memo, addedMs, dueMs }: JobInfo): Pick<JobSnapshot, 'deadlineAt' | 'expiresAt'> {
  // A change of its start time by hand moves no deadline, and lets it wait no shorter.
  const firstDueMs = addedMs + (memo?.delayMs ?? 0);
  return {
    ...(memo?.deadlineMs === undefined ? {} : { deadlineAt: isoTime(firstDueMs + memo.deadlineMs) }),
    ...(memo?.expiresInMs === undefined ? {} : { expiresAt: isoTime(Math.max(firstDueMs, dueMs) + memo.expiresInMs) }),
  };
}

/** The limit that an open job is past: nothing of it was started, or a worker is to clean up after it. */
export function overdueOf(job: JobDescription, now: number): OverdueLimit | undefined {
  const { deadlineAt, expiresAt } = limitsOf(job);
  const isPast = (time: string | undefined): time is string => time !== undefined && Date.parse(time) < now;
  if (isPast(expiresAt) && job.activities.length === 0 && !hasBegun(job)) return { failsWith: 'expired', at: expiresAt };
  return isPast(deadlineAt) ? { failsWith: 'deadline-exceeded', at: deadlineAt } : undefined;
}
