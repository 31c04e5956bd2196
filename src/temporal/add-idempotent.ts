/**
 * Owns the adding of a job with an idempotency key: however often an add is repeated, it makes one job. The job's id comes from
 * the key, and the server refuses a second start of an id for as long as it keeps the first, so that nothing has to be
 * remembered anywhere else.
 */
import { createHash, randomUUID } from 'node:crypto';
import { JobError } from '../contract/errors.ts';
import { isStarted, MOST_TRIES, removedAgain } from './add-once.ts';
import type { Temporal } from './connection.ts';
import { describeJob } from './describe.ts';
import type { NewJob } from './start-job.ts';

/** The id of the job that adds with this key make: `once-` and 27 characters. */
export function idOfKey(key: string): string {
  return `once-${createHash('sha256').update(key).digest('base64url').slice(0, 27)}`;
}

/**
 * Adds the job unless this add has made it before. `isNew`: this call made it.
 * @param requestHash digest of all that the add says
 * @throws JobError `idempotency-mismatch` when the key was used for an add that said something else
 */
export async function addIdempotent(temporal: Temporal, job: NewJob, requestHash: string): Promise<{ readonly isNew: boolean }> {
  const addId = randomUUID();
  const marked: NewJob = { ...job, memo: { requestHash, addId }, policy: { reuse: 'REJECT_DUPLICATE' } };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (await isStarted(temporal, marked)) return { isNew: true };
    const { memo, type } = (await describeJob(temporal, job.id)) ?? {};
    if (type === undefined) continue;
    if (memo?.requestHash !== requestHash) throw mismatch(job, type);
    return { isNew: memo.addId === addId };
  }
  throw removedAgain(job.id);
}

function mismatch({ id, type }: NewJob, existing: string): JobError {
  const other = existing === type ? 'with another input or other options' : `of the type "${existing}"`;
  return new JobError(
    'idempotency-mismatch',
    `This idempotency key was used before for a job ${other} ("${id}"). Give each add a key of its own, and repeat an add with the same key as it was.`,
    { details: { id } },
  );
}
