/** Owns the start of a workflow whose id nobody else makes: when the answer is lost, it is made again with the same ids. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError } from '../contract/errors.ts';
import type { Temporal } from './connection.ts';
import { type NewJob, startJob } from './start-job.ts';

/** How long the outcome of a start is tried to be found out. */
const TRIED_MS = 15_000;
const PAUSE_MS = 200;

/** Starts the workflow; again while it is not known whether that has been done. */
export async function startOnce(temporal: Temporal, job: NewJob): Promise<void> {
  const policy = { reuse: 'REJECT_DUPLICATE', requestId: randomUUID() } as const;
  const giveUpAt = performance.now() + TRIED_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      await startJob(temporal, { ...job, policy });
      return;
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      // Nobody else makes such an id: an earlier try has been stored.
      if (error.code === 'conflict' && tries > 1) return;
      const isTried = error.code === 'unavailable' || error.code === 'overloaded';
      if (!isTried) throw error;
      if (performance.now() >= giveUpAt) throw unknownOutcome(job, error);
      await sleep(PAUSE_MS);
    }
  }
}

function unknownOutcome({ id }: NewJob, cause: JobError): JobError {
  return new JobError(cause.code, cause.message, { cause, details: { ...cause.details, id, outcome: 'unknown' } });
}
