/** Owns what a worker and its watchdog thread tell each other, and the clock that they share. */
import type { TemporalServer } from '../temporal/connection.ts';

/** What the thread is started with. */
export interface WatchdogSettings {
  readonly server: TemporalServer;
  /** Identity of the worker, in the heartbeats. */
  readonly identity: string;
  /** One 64-bit integer: when the worker's event loop last turned, in milliseconds of `monotonicMs`. */
  readonly ticks: SharedArrayBuffer;
}

/** To the thread: an attempt that runs, as it is now. Undefined: it has ended. */
export interface AttemptMessage {
  readonly id: number;
  readonly attempt: WatchedAttempt | undefined;
}

export interface WatchedAttempt {
  readonly taskToken: Uint8Array;
  readonly heartbeatMs: number;
  /** Its record, as JSON. */
  readonly record: string;
  /** Its timeout, and when that is over. Absent until the handler is called. */
  readonly timeoutMs?: number;
  readonly endsAtMs?: number;
  /** The thread sends all its heartbeats, not only those that a blocked event loop cannot. */
  readonly isTakenOver: boolean;
}

/** From the thread: what the server answered to a heartbeat, if it was not just yes. */
export interface StopMessage {
  readonly id: number;
  readonly why: 'cancelled' | 'gone';
}

/** Milliseconds of a clock that only goes forward and is the same in all threads of a process. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
