/**
 * Owns the clean-up of a job that is one handler: after a cancel or a final failure its hook runs as a handler call of its
 * own, retried, not stopped by a cancel. A job that declares none costs no event more.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  defineSignal,
  isCancellation,
  setHandler,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { asAttemptState, type AttemptState } from '../contract/attempts.ts';
import { type CleanUpCall, type CleanUpKind, cleanUpType } from '../contract/clean-up.ts';
import type { ErrorCode } from '../contract/errors.ts';
import { RECORD, type RunOptions } from '../contract/messages.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import { failureOfCall } from './failure.ts';
import { runStep } from './run-step.ts';
import type { View } from './view.ts';

const MAX_FAILURE_LENGTH = 4000;
const recordSignal = defineSignal<[unknown]>(RECORD);
const FAILED: ErrorCode = 'clean-up-failed';

export interface EndedJob {
  readonly input: unknown;
  readonly options: RunOptions;
  /** What its handler call ended with. */
  readonly error: unknown;
}

/** What the job ends with, once its clean-up is done: its own error, or `clean-up-failed`. */
export async function endAfterCleanUp(job: EndedJob, view: View): Promise<unknown> {
  if (!isBegun(job.error)) return job.error;
  const state = stateIn(job.error) ?? keptRecord();
  const timeoutMs = job.options.cleanUpMs ?? state?.cleanUpMs;
  if (timeoutMs === undefined) return job.error;
  view.status = isCancellation(job.error) ? 'cancelling' : 'processing';
  return await cleanUp(job, { timeoutMs, state });
}

/** False for a job that was cancelled before its handler was handed out. */
function isBegun(error: unknown): boolean {
  return Number(String(callIn(error)?.failure?.activityFailureInfo?.scheduledEventId ?? 0)) > 0;
}

interface CleanUpDue {
  readonly timeoutMs: number;
  /** What the handler's attempts left. */
  readonly state: AttemptState | undefined;
}

async function cleanUp({ input, error, options }: EndedJob, { timeoutMs, state }: CleanUpDue): Promise<unknown> {
  const kind: CleanUpKind = isCancellation(error) ? 'on-cancel' : 'on-fail';
  const call: CleanUpCall = {
    input,
    progress: state?.progress ?? null,
    ...(state?.checkpoint === undefined ? {} : { checkpoint: state.checkpoint }),
    ...(kind === 'on-fail' ? { error: failureIn(error) } : {}),
  };
  const { heartbeatMs } = options;
  const step = {
    type: cleanUpType(workflowInfo().workflowType, kind),
    input: call,
    // The retry is the contract's, which the worker knows; what add changed is the handler's.
    options: { timeoutMs, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) },
    place: { activityId: kind },
  };
  try {
    await CancellationScope.nonCancellable(() => runStep(step));
    return error;
  } catch (failure) {
    return ApplicationFailure.create({
      message: `${sentence(failureIn(error).message)} Its clean-up failed: ${failureIn(failure).message}`.slice(0, MAX_FAILURE_LENGTH),
      type: FAILED,
      nonRetryable: true,
      details: [state],
    });
  }
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

/** The handler call that failed, however it is wrapped. */
function callIn(error: unknown): ActivityFailure | undefined {
  if (error instanceof ActivityFailure) return error;
  const isWrapper = error instanceof CancelledFailure || error instanceof ApplicationFailure;
  return isWrapper && error.cause instanceof ActivityFailure ? error.cause : undefined;
}

function causeOf(error: unknown): unknown {
  return callIn(error)?.cause ?? error;
}

/** What the attempts of the handler call that failed left. */
export function stateIn(error: unknown): AttemptState | undefined {
  const cause = causeOf(error);
  if (cause instanceof TimeoutFailure) return asAttemptState(cause.lastHeartbeatDetails);
  const details = cause instanceof ApplicationFailure || cause instanceof CancelledFailure ? cause.details : undefined;
  return asAttemptState(details?.[0]);
}

/** What a cancel kept of a handler that waited for its next attempt. The signal waits until somebody asks for it. */
function keptRecord(): AttemptState | undefined {
  const kept: AttemptState[] = [];
  setHandler(recordSignal, (record) => {
    const state = asAttemptState(record);
    if (state !== undefined) kept.push(state);
  });
  return kept.at(-1);
}

function failureIn(error: unknown): JobFailure {
  if (isCancellation(error)) return { code: 'cancelled', message: 'The job was cancelled.' };
  // The deadline's own says more than the time-out below it.
  return failureOfCall(error instanceof ApplicationFailure ? error : causeOf(error));
}
