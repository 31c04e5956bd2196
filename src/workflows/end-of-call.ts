/** Owns what becomes of one of several jobs whose call ended by itself. */
import { ActivityFailure, CancelledFailure } from '@temporalio/workflow';
import type { AttemptState } from '../contract/attempts.ts';
import type { Outcome } from '../contract/carrier.ts';
import type { ResultEnvelope } from '../contract/messages.ts';
import { stateIn } from './clean-up.ts';
import { failureOfCall } from './failure.ts';

/** Waits for the end of the call of a job. `before`: what its attempts had left, for an end that says nothing of that. */
export async function endOfCall(job: number, call: Promise<ResultEnvelope>, before?: AttemptState): Promise<Outcome> {
  const [end] = await Promise.allSettled([call]);
  if (end.status === 'fulfilled') return { job, end: 'completed', endedMs: Date.now(), output: end.value.output, state: end.value.state };
  const state = stateIn(end.reason) ?? before;
  const left = { job, endedMs: Date.now(), ...(state === undefined ? {} : { state }) };
  return isCancelled(end.reason) ? { ...left, end: 'cancelled' } : { ...left, end: 'failed', error: failureOfCall(end.reason) };
}

/** True for what a cancelled call rejects with. */
export function isCancelled(error: unknown): boolean {
  return error instanceof CancelledFailure || (error instanceof ActivityFailure && error.cause instanceof CancelledFailure);
}
