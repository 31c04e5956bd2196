/** Owns how long a count serves all who ask for it: it may take hundreds of calls. */
import type { JobCounts } from './read-jobs.ts';
import { SharedReads } from './shared-reads.ts';

const SHORTEST_MS = 1000;
const LONGEST_MS = 5000;
/** However many ask and however often, the server is busy with counts for a third of the time at most. */
const TIMES_THE_EFFORT = 2;

/** Counts of a client, by filter: each at least 1 s and at most 5 s old. */
export function countsOfAll(): SharedReads<JobCounts> {
  return new SharedReads((_keys, tookMs) => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, TIMES_THE_EFFORT * tookMs)));
}
