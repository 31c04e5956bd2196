/** Owns watching one job: its snapshot, then each change, until its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError } from '../contract/errors.ts';
import { isTerminal, type JobSnapshot } from '../contract/snapshot.ts';
import type { Temporal } from './connection.ts';
import { readJob } from './read-jobs.ts';

export interface WatchOptions {
  /** Stops the watch; the iteration ends without an error. */
  readonly signal?: AbortSignal;
}

const POLL_MS = 250;
const LONGEST_POLL_MS = 5000;

/**
 * The snapshot as it is, then one per change, the terminal one last. Between two looks changes are conflated.
 * While Temporal does not answer it keeps trying, slower and slower up to 5 s.
 * @throws JobError `not-found`
 */
export async function* watchJob(
  temporal: Temporal,
  id: string,
  { signal }: WatchOptions = {},
): AsyncGenerator<JobSnapshot, void, undefined> {
  let seen = '';
  let pollMs = POLL_MS;
  while (signal?.aborted !== true) {
    const snapshot = await readOrUndefined(temporal, id);
    pollMs = snapshot === undefined ? Math.min(pollMs * 2, LONGEST_POLL_MS) : POLL_MS;
    if (snapshot !== undefined) {
      const shown = JSON.stringify(snapshot);
      if (shown !== seen) yield snapshot;
      seen = shown;
      if (isTerminal(snapshot.status)) return;
    }
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** Undefined while the server is away. */
async function readOrUndefined(temporal: Temporal, id: string): Promise<JobSnapshot | undefined> {
  try {
    const snapshot = await readJob(temporal, id, { input: false });
    if (snapshot === undefined) throw new JobError('not-found', `No job has the id "${id}".`, { details: { id } });
    return snapshot;
  } catch (error) {
    if (error instanceof JobError && error.retryable) return undefined;
    throw error;
  }
}
