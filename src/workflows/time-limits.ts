/**
 * Owns how workflow code keeps a job's `deadline` and `expiresIn`: what the server is told of them, and what their end
 * means. Both count from the time the job was due, so a first workflow task that came late has used some of it up.
 */
import { ActivityFailure, type ApplicationFailure, CancellationScope, sleep, TimeoutFailure, workflowInfo } from '@temporalio/workflow';
import { messageOf } from '../contract/errors.ts';
import { deadlineError, expiredError, type TimeLimits } from '../contract/time-limits.ts';
import { jobFailure } from './failure.ts';
import { jobMemo } from './memo.ts';

/** When the job was due, in ms since 1970: its start, plus the delay it was added with. */
export function dueMs(): number {
  const { delayMs = 0 } = jobMemo();
  return workflowInfo().startTime.getTime() + (Number.isFinite(delayMs) ? delayMs : 0);
}

/** A job's limits, and when it was due: absent while it has no limits. */
export interface LimitedJob extends TimeLimits {
  readonly dueMs?: number;
}

/**
 * The limits with the time they count from; nothing for a job without. One that was postponed by hand, to `orderedMs`, may wait
 * that much longer; its deadline stays, since the server cannot move it.
 */
export function dueFact({ deadlineMs, expiresInMs }: TimeLimits, orderedMs: number | undefined): LimitedJob {
  if (deadlineMs === undefined && expiresInMs === undefined) return {};
  const due = Math.round(dueMs());
  return { dueMs: due, ...(expiresInMs === undefined ? {} : { expiresInMs: expiresInMs + Math.max(0, (orderedMs ?? 0) - due) }) };
}

/** Throws the failure that ends a job whose time is over before anything was done. */
export function failIfOver({ deadlineMs, expiresInMs, dueMs: due = dueMs() }: LimitedJob): void {
  const goneMs = Date.now() - due;
  if (expiresInMs !== undefined && goneMs >= expiresInMs) throw jobFailure(expiredError(expiresInMs));
  if (deadlineMs !== undefined && goneMs >= deadlineMs) throw jobFailure(deadlineError(deadlineMs));
}

/** The limits as time-outs of the activity that is the job's handler. */
export function activityTimeouts({ deadlineMs, expiresInMs, dueMs: due = dueMs() }: LimitedJob): {
  readonly scheduleToCloseTimeout?: number;
  readonly scheduleToStartTimeout?: number;
} {
  const goneMs = Date.now() - due;
  return {
    ...(deadlineMs === undefined ? {} : { scheduleToCloseTimeout: deadlineMs - goneMs }),
    ...(expiresInMs === undefined ? {} : { scheduleToStartTimeout: expiresInMs - goneMs }),
  };
}

/** What ends a job whose handler was ended by the server at one of its limits; undefined when that is not what happened. */
export function limitFailure(error: unknown, { deadlineMs, expiresInMs }: TimeLimits): ApplicationFailure | undefined {
  if (!(error instanceof ActivityFailure)) return undefined;
  const { cause, retryState } = error;
  const timeout = cause instanceof TimeoutFailure ? cause.timeoutType : undefined;
  if (expiresInMs !== undefined && timeout === 'SCHEDULE_TO_START') return jobFailure(expiredError(expiresInMs));
  if (deadlineMs === undefined) return undefined;
  if (timeout === 'SCHEDULE_TO_CLOSE') return jobFailure(deadlineError(deadlineMs), error);
  if (retryState !== 'TIMEOUT') return undefined;
  const more = ` The next attempt would have started after it; the last one ended with: ${messageOf(cause)}`;
  return jobFailure(deadlineError(deadlineMs, more), error);
}

/** A job's deadline while it runs. */
export interface RunningDeadline {
  readonly isOver: boolean;
  stop(): void;
}

/** Calls `over` at the deadline, if there is one and it is not stopped before. */
export function atDeadline({ deadlineMs, dueMs: due = dueMs() }: LimitedJob, over: () => void): RunningDeadline {
  if (deadlineMs === undefined) return { isOver: false, stop: () => undefined };
  const scope = new CancellationScope();
  let isOver = false;
  const timer = scope.run(() => sleep(due + deadlineMs - Date.now()));
  void timer.then(
    () => {
      isOver = true;
      over();
    },
    // Stopped: the body has ended, or the job is being cancelled.
    () => undefined,
  );
  return {
    get isOver() {
      return isOver;
    },
    stop: () => scope.cancel(),
  };
}
