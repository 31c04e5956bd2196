/** Owns how long an attempt may take, as the process that runs it keeps it: its timeout, and the deadline of its job. */
import { formatMs } from '../contract/duration.ts';
import { JobError } from '../contract/errors.ts';
import { deadlineError } from '../contract/time-limits.ts';
import type { Attempt, AttemptRule } from './attempt.ts';

/**
 * Does the work and fires the attempt's signal when it takes longer. Work that stopped the timer from firing, because it blocked
 * the event loop, has timed out when it comes back, whatever it brings.
 */
export async function withTimeout<T>(attempt: Attempt, rule: AttemptRule, work: () => Promise<T>): Promise<T> {
  const { reasonOf, afterMs } = timeLimit(rule);
  const endsAt = performance.now() + afterMs;
  const timer = setTimeout(() => attempt.abort(reasonOf()), afterMs);
  const throwIfLate = (): void => {
    if (attempt.stopped !== undefined || performance.now() < endsAt) return;
    attempt.abort(reasonOf());
    throw attempt.stopped ?? reasonOf();
  };
  try {
    const value = await work();
    throwIfLate();
    return value;
  } catch (error) {
    throwIfLate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The error of the limit that comes first, which is made when it is needed, and after how many milliseconds that is. */
function timeLimit({ timeoutMs, limits: { deadline } }: AttemptRule): { readonly reasonOf: () => JobError; readonly afterMs: number } {
  const leftMs = deadline === undefined ? Number.POSITIVE_INFINITY : Math.max(0, deadline.atMs - Date.now());
  if (deadline !== undefined && leftMs <= timeoutMs) return { reasonOf: () => deadlineError(deadline.lengthMs), afterMs: leftMs };
  const reasonOf = (): JobError =>
    new JobError('timed-out', `The attempt took longer than its timeout of ${formatMs(timeoutMs)}.`, { details: { timeoutMs } });
  return { reasonOf, afterMs: timeoutMs };
}
