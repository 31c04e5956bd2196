/** Owns what follows an attempt that failed: whether there is another one, and after what wait. */
import { ApplicationFailure } from '@temporalio/activity';
import type { JobContract } from '../contract/define-job.ts';
import { asJobError, messageOf } from '../contract/errors.ts';
import { drawBackoffMs, type RetryRule } from '../contract/retry.ts';
import type { Log } from '../log.ts';
import type { Attempt } from './attempt.ts';
import { codeOf } from './error-code.ts';
import { askedWaitMs, isNonRetryable } from './handler-errors.ts';

/** What is known of the attempt that failed. */
export interface FailedAttempt {
  readonly contract: JobContract;
  readonly retry: RetryRule;
  /** Handler failures, this one included. */
  readonly failures: number;
  readonly log: Log;
}

/** To the server no wait at all means that there is no next attempt. */
const SHORTEST_WAIT_MS = 1;

/** Milliseconds until the next attempt; undefined when the job has failed with this one. */
export function waitAfter(error: unknown, { contract, retry, failures, log }: FailedAttempt): number | undefined {
  if (failures >= retry.maxAttempts || isFinal(error) || !isTriedAgain(error, contract, log)) return undefined;
  return Math.max(SHORTEST_WAIT_MS, askedWaitMs(error) ?? drawBackoffMs(retry, failures));
}

/** What gives the attempt of a job back that failed in a chunk and is not due: the server holds it until then, and shows what it failed with. */
export function notYet(attempt: Attempt, dueMs: number | undefined): ApplicationFailure | undefined {
  const waitMs = (dueMs ?? 0) - Date.now();
  if (waitMs <= 0) return undefined;
  const last = attempt.rest();
  const failure = ApplicationFailure.create({
    message: last?.error.message ?? 'It is not due.',
    type: last?.error.code ?? 'worker-shutdown',
    nextRetryDelay: waitMs,
  });
  // It stands in the history with the start of the next attempt.
  failure.stack = '';
  return failure;
}

function isFinal(error: unknown): boolean {
  const known = asJobError(error);
  return (
    isNonRetryable(error) ||
    (known !== undefined && !known.retryable) ||
    (error instanceof ApplicationFailure && error.nonRetryable === true)
  );
}

/** What the contract's `retryIf` says. One that throws says nothing: a mistake in it must not lose a job. */
function isTriedAgain(error: unknown, { name, retryIf }: JobContract, log: Log): boolean {
  if (retryIf === undefined) return true;
  try {
    return retryIf(codeOf(error));
  } catch (thrown) {
    log.warn('retryIf failed: the attempt is tried again', { type: name, error: messageOf(thrown) });
    return true;
  }
}
