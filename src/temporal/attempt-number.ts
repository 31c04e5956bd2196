/** Owns which attempt a handler call is in, given what its record and the server say. Pure. */
import type { AttemptState } from '../contract/attempts.ts';
import type { PendingActivity } from './describe.ts';

/** The attempt number where nothing is known but what the server counts: 1 once the handler was started. */
export function firstAttempt({ phase, attempt }: PendingActivity): number {
  return phase === 'scheduled' && attempt === 1 ? 0 : 1;
}

/** The attempt that the handler is in or was in last; one whose worker died left no report. */
export function lastAttempt(state: AttemptState): number {
  return state.running === undefined ? (state.records.at(-1)?.attempt ?? state.failures) : state.failures + 1;
}

/** The attempt under way, or the last one where none is. `state`: its record so far. */
export function attemptOf(activity: PendingActivity, state: AttemptState | undefined): number {
  if (state === undefined) return firstAttempt(activity);
  return activity.phase !== 'scheduled' && activity.attempt > endedAttempts(state) ? state.failures + 1 : lastAttempt(state);
}

/** In the server's count. A handler that has just ended is under way to the server for a moment more. */
function endedAttempts({ failures, uncounted, deaths }: AttemptState): number {
  return failures + uncounted + deaths;
}

/** True when the last thing that happened is a failure of the handler. */
export function isCounted(state: AttemptState): boolean {
  const outcome = state.running === undefined ? state.records.at(-1)?.outcome : 'died';
  return outcome === 'failed' || outcome === 'timed-out';
}
