/** Owns what the handler wrapper asks of whoever keeps attempts alive while its own event loop is blocked: `worker/watchdog.ts`. */
import type { AttemptState } from '../contract/attempts.ts';

/** A running attempt, as its guard needs to know it. */
export interface GuardedAttempt {
  readonly type: string;
  readonly jobId: string;
  /** The server's name of the attempt. */
  readonly taskToken: Uint8Array;
  readonly heartbeatMs: number;
  /** When it was to start, by the server's clock. */
  readonly dueAtMs: number;
  /** The server was asked to cancel the job, or takes this attempt for over. */
  readonly stop: (why: 'cancelled' | 'gone') => void;
}

export interface Guarded {
  /** True for an attempt that may have lain in this process, whose event loop was blocked. */
  isSuspect(): boolean;
  /**
   * False when the server has given the attempt to somebody else before its handler was called. Asked of the server only for one that
   * is suspect.
   */
  isOpen(): Promise<boolean>;
  /** The newest record, and the limit of the attempt once its time has begun: at the call of its handler. */
  update(record: AttemptState, timeoutMs?: number): void;
  /** From now on the guard sends all heartbeats of the attempt. False when it cannot. */
  takeOver(): boolean;
  /** Tells the server how the attempt ended. */
  report(end: PromiseSettledResult<unknown>, record: AttemptState): Promise<void>;
  end(): void;
}

export interface AttemptGuard {
  /** Keeps the attempt alive until `end`, whatever the event loop does. */
  watch(attempt: GuardedAttempt, record: AttemptState): Guarded;
}

const UNGUARDED: Guarded = {
  isSuspect: () => false,
  isOpen: () => Promise.resolve(true),
  update: () => undefined,
  takeOver: () => false,
  report: () => Promise.resolve(),
  end: () => undefined,
};

/** Of processes that have no guard: attempts live and die with the event loop. */
export const NO_GUARD: AttemptGuard = { watch: () => UNGUARDED };
