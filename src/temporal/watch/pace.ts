/** Owns how often a watched job is looked at: often while something happens, less when nothing did for a while. Pure. */
import type { JobSnapshot } from '../../contract/snapshot.ts';

/** Between two looks at a job that changes. */
export const FASTEST_MS = 250;
const SLOWEST_MS = 1000;
/** Of a job that is not due. Told to start by somebody else, it is seen to start so late. */
const SLOWEST_DELAYED_MS = 2000;
const PART_OF_QUIET = 20;
const PART_OF_WAIT = 10;

/** Milliseconds until the next look at a job that has not changed for `quietMs`. */
export function restMs({ status, runAt, waitingFor }: JobSnapshot, quietMs: number, now: number): number {
  if (status === 'delayed') return between((timeOf(runAt, now) - now) / PART_OF_WAIT, SLOWEST_DELAYED_MS);
  if (status === 'retrying') return between((timeOf(waitingFor?.until, now) - now) / PART_OF_WAIT, SLOWEST_MS);
  return between(quietMs / PART_OF_QUIET, SLOWEST_MS);
}

/** The same while Temporal has not answered for `failingMs`. */
export function restAfterFailure(failingMs: number): number {
  return between(failingMs / PART_OF_WAIT, SLOWEST_MS);
}

function between(milliseconds: number, slowest: number): number {
  return Math.round(Math.min(slowest, Math.max(FASTEST_MS, milliseconds)));
}

function timeOf(time: string | undefined, now: number): number {
  return time === undefined ? now : Date.parse(time);
}
