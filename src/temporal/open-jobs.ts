/**
 * Owns which open jobs are looked at one by one when there are too many for all: the oldest, since these are the ones that workers
 * have, and the newest, since a high priority goes first. The server's index gives the newest only, so the time that splits off
 * the oldest is searched for, with counts; it is remembered, since it moves slowly.
 */
import type { Temporal } from './connection.ts';
import type { JobInfo } from './describe.ts';
import { countStarted, type JobQuery, listJobs } from './visibility.ts';

export interface OpenJobs {
  readonly jobs: readonly JobInfo[];
  /** False when more are open than are looked at. */
  readonly isAll: boolean;
}

/** Open jobs that are looked at. */
export const OPEN_JOBS_RESOLVED = 500;
const NEWEST = 100;
const OLDEST = OPEN_JOBS_RESOLVED - NEWEST;
/** The search ends when it has at least so many of the oldest. */
const ENOUGH = OLDEST / 2;
const FIRST_SPAN_MS = 1000;
const SPAN_GROWTH = 4;
const LONGEST_SPAN_MS = 10 * 366 * 86_400_000;
/** Filters whose splitting time is remembered. */
const REMEMBERED = 100;

const splits = new WeakMap<Temporal, Map<string, number>>();

/** Open jobs that are due, newest first: all of them up to 500, else the newest 100 and the oldest, 200 to 400 of these. */
export async function listOpenJobs(temporal: Temporal, where: JobQuery): Promise<OpenJobs> {
  const newest = await listJobs(temporal, { ...where, state: 'started' }, { size: OPEN_JOBS_RESOLVED });
  if (newest.nextPageToken === undefined || newest.jobs.length < OPEN_JOBS_RESOLVED) return { jobs: newest.jobs, isAll: true };
  const dueBefore = await splittingTime(temporal, where);
  const { jobs: oldest } = await listJobs(temporal, { ...where, state: 'started', dueBefore }, { size: OLDEST });
  const shown = newest.jobs.slice(0, NEWEST);
  const ids = new Set(shown.map(({ runId }) => runId));
  return { jobs: [...shown, ...oldest.filter(({ runId }) => !ids.has(runId))], isAll: false };
}

/** A time before which at most 400 open jobs were due, and as a rule at least 200. */
async function splittingTime(temporal: Temporal, where: JobQuery): Promise<number> {
  const known = splits.get(temporal) ?? new Map<string, number>();
  splits.set(temporal, known);
  const key = JSON.stringify(where);
  const last = known.get(key);
  const count = async (dueBefore: number): Promise<number> => await countStarted(temporal, { ...where, dueBefore });
  if (last !== undefined && isEnough(await count(last))) return last;
  const found = await search(count, Date.now());
  if (known.size >= REMEMBERED) known.clear();
  known.set(key, found);
  return found;
}

/** Goes back in growing steps until few enough are older, then halves. */
export async function search(count: (dueBefore: number) => Promise<number>, now: number): Promise<number> {
  let above = now;
  let span = FIRST_SPAN_MS;
  let below = now - span;
  let older = await count(below);
  while (older > OLDEST && span < LONGEST_SPAN_MS) {
    above = below;
    span *= SPAN_GROWTH;
    below = now - span;
    older = await count(below);
  }
  while (!isEnough(older) && above - below > 1) {
    const middle = Math.floor((above + below) / 2);
    const olderThanMiddle = await count(middle);
    if (olderThanMiddle > OLDEST) above = middle;
    else {
      below = middle;
      older = olderThanMiddle;
    }
  }
  // So many of one millisecond: some of them.
  return isEnough(older) ? below : above;
}

function isEnough(older: number): boolean {
  return older >= ENOUGH && older <= OLDEST;
}
