/**
 * Owns the number that orders the snapshots of a job: whoever has two keeps the one of the higher version, whichever client and
 * process they came from. Pure.
 *
 * 1. A run made by hand is above the one before.
 * 2. Within a run it counts what the server did to the job: each transition, heartbeats included, is a million.
 * 3. What changes without the server, such as a due time that passes, adds tenths of seconds since the last time that is known.
 */
import type { JobDescription } from './describe.ts';

const OF_A_TRANSITION = 1_000_000;
/** Five heartbeats a second for 23 days. */
const MOST_TRANSITIONS = 9_999_999;
const OF_A_RUN = 10_000_000 * OF_A_TRANSITION;
const TENTH_MS = 100;

/** The version of what is known of the job at the time `now`. */
export function versionOf(job: JobDescription, now: number): number {
  return (
    job.run * OF_A_RUN +
    Math.min(MOST_TRANSITIONS, job.transitions) * OF_A_TRANSITION +
    Math.min(OF_A_TRANSITION - 1, tenthsSince(job, now))
  );
}

function tenthsSince({ close, addedMs, dueMs, activities }: JobDescription, now: number): number {
  if (close !== 'open') return 0;
  const times = [addedMs, dueMs, ...activities.map(({ startedMs }) => startedMs ?? 0)];
  const last = Math.max(...times.filter((time) => time <= now), 0);
  return last === 0 ? 0 : Math.floor((now - last) / TENTH_MS);
}
