/** Owns the rule that bad input to workflow code ends the job: a plain error thrown there would be retried for ever. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { AttemptState } from '../contract/attempts.ts';
import { asJobError, type JobError, messageOf } from '../contract/errors.ts';
import { failureCode, type FailureKind } from '../contract/failure-code.ts';
import { checkPayload } from '../contract/payload.ts';
import type { JobFailure } from '../contract/snapshot.ts';

/** Runs `body`; a `JobError` it throws becomes the failure that ends the workflow, with the same code. */
export function failOnJobError<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    const known = asJobError(error);
    throw known === undefined ? error : jobFailure(known);
  }
}

/** The failure that ends a workflow with the code of `error`. */
export function jobFailure(error: JobError, cause?: Error): ApplicationFailure {
  return finalFailure({ message: error.message, type: error.code, details: [error.details], ...(cause === undefined ? {} : { cause }) });
}

interface FailureParts {
  readonly message: string;
  readonly type: string;
  readonly details: readonly unknown[];
  readonly cause?: Error;
}

const MAX_MESSAGE_LENGTH = 4000;
const MAX_DETAILS_BYTES = 64 * 1024;

/** A failure that the server takes, whatever was thrown: one that is too large would be reported again and again. */
export function finalFailure({ message, type, details, cause }: FailureParts): ApplicationFailure {
  return ApplicationFailure.create({
    message: message.slice(0, MAX_MESSAGE_LENGTH),
    type: type.slice(0, MAX_CODE_LENGTH),
    nonRetryable: true,
    details: isCarried(details) ? [...details] : [],
    ...(cause === undefined ? {} : { cause }),
  });
}

const MAX_CODE_LENGTH = 100;

function isCarried(details: readonly unknown[]): boolean {
  try {
    checkPayload(details, 'details', { limitBytes: MAX_DETAILS_BYTES });
    return true;
  } catch {
    return false;
  }
}

/** Code and message of what a call of a handler or a child failed with: of the innermost failure. */
export function failureOfCall(cause: unknown): JobFailure {
  const isWrapper = cause instanceof ActivityFailure || cause instanceof ChildWorkflowFailure;
  if (isWrapper && cause.cause !== undefined) return failureOfCall(cause.cause);
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  return { code: failureCode(kindOf(cause), type), message: messageOf(cause) };
}

function kindOf(cause: unknown): FailureKind {
  if (cause instanceof ApplicationFailure) return 'application';
  if (cause instanceof TimeoutFailure) return 'timeout';
  if (cause instanceof TerminatedFailure) return 'terminated';
  return cause instanceof CancelledFailure ? 'cancelled' : 'other';
}

interface StepFailure {
  readonly error: JobFailure;
  /** How many attempts were used up. */
  readonly attempts: number;
  /** What its handler kept last. */
  readonly checkpoint?: unknown;
}

/** Why a step failed for good, and what it left. */
export function stepFailure(error: unknown): StepFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return { error: failureOfCall(cause), attempts: 1 };
  if (!(cause instanceof ApplicationFailure)) throw error;
  const state = cause.details?.[0] as AttemptState | undefined;
  const kept = state?.checkpoint === undefined ? {} : { checkpoint: state.checkpoint };
  return { error: failureOfCall(cause), attempts: state?.failures ?? 1, ...kept };
}
