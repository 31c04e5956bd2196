/** Owns the timeout of an attempt, as the process that runs it keeps it. */
import { formatMs } from '../contract/duration.ts';
import { JobError } from '../contract/errors.ts';
import type { Attempt } from './attempt.ts';

/**
 * Does the work and fires the attempt's signal when it takes longer. Work that stopped the timer from firing, because it blocked
 * the event loop, has timed out when it comes back, whatever it brings.
 */
export async function withTimeout<T>(attempt: Attempt, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const endsAt = performance.now() + timeoutMs;
  const timeOut = (): void => {
    const message = `The attempt took longer than its timeout of ${formatMs(timeoutMs)}.`;
    attempt.abort(new JobError('timed-out', message, { details: { timeoutMs } }));
  };
  const timer = setTimeout(timeOut, timeoutMs);
  const [end] = await Promise.allSettled([work()]);
  clearTimeout(timer);
  if (!attempt.signal.aborted && performance.now() >= endsAt) {
    timeOut();
    throw attempt.signal.reason;
  }
  if (end.status === 'rejected') throw end.reason;
  return end.value;
}
