/** Owns the signal that ends one analysis: the job's own, or its time limit. */
import { formatMs } from '../../contract/duration.ts';
import { JobError } from '../../contract/errors.ts';

export interface Deadline {
  readonly signal: AbortSignal;
  /** To be called when the work is over. */
  stop(): void;
}

/** Fires with the reason of `signal`, or with `limit-exceeded` after `timeLimitMs`. */
export function startDeadline(signal: AbortSignal, timeLimitMs: number): Deadline {
  const controller = new AbortController();
  const pass = (): void => controller.abort(signal.reason);
  if (signal.aborted) pass();
  signal.addEventListener('abort', pass, { once: true });
  const timer = setTimeout(() => controller.abort(timeLimitExceeded(timeLimitMs)), timeLimitMs);
  const stop = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', pass);
  };
  return { signal: controller.signal, stop };
}

function timeLimitExceeded(timeLimitMs: number): JobError {
  return new JobError('limit-exceeded', `The analysis took longer than its limit of ${formatMs(timeLimitMs)}. Raise options.timeLimitMs.`, {
    details: { limit: 'timeLimitMs', timeLimitMs },
  });
}
