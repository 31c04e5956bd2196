/** Owns what those are told who count attempts and measure them: the statistics and the metrics of a worker. */
import type { AttemptState } from '../contract/attempts.ts';
import type { AttemptEnd } from './handle.ts';

/** An attempt, as far as it is measured. */
export interface ObservedAttempt {
  readonly jobId: string;
  readonly type: string;
  readonly queue: string;
  readonly startedAt: Date;
  /** From the time its job was due; undefined when it is not the first attempt. */
  readonly waitedMs: number | undefined;
  /** Changes while the attempt runs. */
  readonly state: AttemptState;
}

/** Is told of each attempt twice, and must not throw. */
export interface AttemptObserver {
  attemptStarted(attempt: ObservedAttempt): void;
  attemptEnded(attempt: ObservedAttempt, end: AttemptEnd): void;
}

/** Tells several. */
export function allOf(observers: readonly AttemptObserver[]): AttemptObserver {
  return {
    attemptStarted(attempt) {
      for (const observer of observers) observer.attemptStarted(attempt);
    },
    attemptEnded(attempt, end) {
      for (const observer of observers) observer.attemptEnded(attempt, end);
    },
  };
}
