/**
 * Owns how a handler is called from workflow code: the activity's time-outs and retry policy.
 * The retry policy has a guard far above any job's `maxAttempts` and holds what the server does by itself, after the death of a
 * worker: try again soon, whatever has failed before. The wait after a failure comes with the failure: the handler wrapper counts
 * these and ends the job, so that deaths and shutdowns use up no attempt.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { DEFAULT_HEARTBEAT_MS } from '../contract/define-job.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { ResultEnvelope, RunOptions } from '../contract/messages.ts';
import { activityTimeouts, limitFailure } from './time-limits.ts';
import { tellOfCancel } from './tell-of-cancel.ts';

type HandlerActivity = (input: unknown, options: RunOptions) => Promise<ResultEnvelope>;

/** Type of the failure of an attempt that heard of the cancel from the workflow, not from the server. */
const CANCELLED: ErrorCode = 'cancelled';
const ATTEMPTS_GUARD = 1_000_000;
/** The server's shortest wait. */
const AFTER_DEATH_MS = 1000;
/** The wrapper keeps the attempt's timeout; the server's comes later, for a process that is stuck. */
const TIMEOUT_MARGIN_MS = 30_000;
/** The server's limit when only the worker knows the contract's timeout. Deaths are noticed by heartbeats. */
const UNKNOWN_TIMEOUT_MS = 30 * 86_400_000;

export interface StepCall {
  readonly type: string;
  readonly input: unknown;
  readonly options: RunOptions;
  readonly place?: StepPlace;
  /** True when the job was given a priority by hand. */
  readonly hasPriority?: boolean;
}

export interface StepPlace {
  /** Queue whose workers run the handler. Absent: the job's own. */
  readonly queue?: string;
  /** Id of the activity within the job. @default '1', which the SDK would give the only one as well */
  readonly activityId?: string;
}

/** Runs the handler of a type as an activity of that name, with the retry that the options describe. */
export async function runStep({ type, input, options, place = {}, hasPriority = false }: StepCall): Promise<ResultEnvelope> {
  const { activityId = '1', queue } = place;
  const handlers = proxyActivities<Record<string, HandlerActivity>>({
    startToCloseTimeout: options.timeoutMs === undefined ? UNKNOWN_TIMEOUT_MS : options.timeoutMs + TIMEOUT_MARGIN_MS,
    ...activityTimeouts(options),
    heartbeatTimeout: options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: AFTER_DEATH_MS,
      backoffCoefficient: 1,
      maximumAttempts: ATTEMPTS_GUARD,
      nonRetryableErrorTypes: ['PayloadsTooLarge'],
    },
    // Eager dispatch skips the queue, and with it the priority and the key that the job was given.
    allowEagerDispatch: !hasPriority && !hasPlaceInOrder(workflowInfo().priority),
    ...(queue === undefined ? {} : { taskQueue: queue }),
    activityId,
  });
  const run = handlers[type];
  if (run === undefined) throw new TypeError(`No activity proxy for ${type}`);
  const shielded = isShielded(CancellationScope.current());
  // A scope that no cancel reaches hears of it all the same: what runs there is not to stop.
  if (!shielded) tellOfCancel(activityId);
  try {
    return await run(input, shielded ? { ...options, isShielded: true } : options);
  } catch (error) {
    throw isCutShortByCancel(error) ? new CancelledFailure('The job was cancelled.', [], error) : (limitFailure(error, options) ?? error);
  }
}

/** True when no cancel of the job reaches what is called in this scope. */
function isShielded({ cancellable, parent }: CancellationScope): boolean {
  return !cancellable || (parent !== undefined && isShielded(parent));
}

function hasPlaceInOrder(priority: ReturnType<typeof workflowInfo>['priority']): boolean {
  return priority?.priorityKey !== undefined || priority?.fairnessKey !== undefined;
}

/**
 * True when a cancel was asked for and the attempt ended in a way that would have been tried again: its worker died or
 * its handler failed before the cancel reached it. The server does not retry then, and says why the attempt ended instead.
 * Also when the handler was told by this workflow, and stopped before the server had told it.
 */
function isCutShortByCancel(error: unknown): error is ActivityFailure {
  if (!CancellationScope.current().consideredCancelled || !(error instanceof ActivityFailure)) return false;
  if (error.cause instanceof TimeoutFailure) return true;
  return error.cause instanceof ApplicationFailure && (error.cause.nonRetryable !== true || error.cause.type === CANCELLED);
}
