/** Owns the error by which `result` tells that a job failed or was cancelled. */
import { isErrorCode, JobError } from '../contract/errors.ts';
import type { JobSnapshot } from '../contract/snapshot.ts';

/** With the job's own code where it is one of the catalogue; the code and all attempts are in the details. */
export function failureOf({ id, type, status, error, attempts, cancelReason }: JobSnapshot, cause?: unknown): JobError {
  const below = cause === undefined ? {} : { cause };
  if (status === 'cancelled')
    return new JobError('cancelled', `The job "${id}" (${type}) was cancelled: ${cancelReason ?? 'no reason given'}.`, {
      ...below,
      details: { id },
    });
  const code = error?.code ?? 'internal';
  return new JobError(isErrorCode(code) ? code : 'handler-failed', error?.message, { ...below, details: { id, code, attempts } });
}
