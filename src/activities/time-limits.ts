/** Owns the limits of time that a handler call has from its job: until when it may run, and until when it may begin. */
import type { JobContract } from '../contract/define-job.ts';
import type { RunOptions } from '../contract/messages.ts';
import type { AttemptCall } from './attempt.ts';
import { deadlineError, expiredError } from '../contract/time-limits.ts';

/** Limits as instants, ms since 1970. */
export interface CallLimits {
  readonly deadline?: { readonly atMs: number; readonly lengthMs: number };
  readonly expiry?: { readonly atMs: number; readonly lengthMs: number };
}

/**
 * The limits of the job that the call is the handler of; a step of a job has none of its own. What the job was started
 * without (a child job, Temporal's own tools) is the contract's.
 */
export function callLimits({ info }: AttemptCall, contract: JobContract, options: RunOptions): CallLimits {
  if (info.activityType !== info.workflowType) return {};
  const dueMs = options.dueMs ?? info.scheduledTimestampMs - (options.queuedMs ?? 0);
  const limit = (lengthMs: number | undefined): { atMs: number; lengthMs: number } | undefined =>
    lengthMs === undefined ? undefined : { atMs: dueMs + lengthMs, lengthMs };
  const deadline = limit(options.deadlineMs ?? contract.deadlineMs);
  const expiry = limit(options.expiresInMs ?? contract.expiresInMs);
  return { ...(deadline === undefined ? {} : { deadline }), ...(expiry === undefined ? {} : { expiry }) };
}

/** Throws when the handler must not be called any more. `isFirst`: no attempt of it was begun before. */
export function throwIfOver({ deadline, expiry }: CallLimits, isFirst: boolean): void {
  const now = Date.now();
  if (isFirst && expiry !== undefined && now >= expiry.atMs) throw expiredError(expiry.lengthMs);
  if (deadline !== undefined && now >= deadline.atMs) throw deadlineError(deadline.lengthMs);
}
