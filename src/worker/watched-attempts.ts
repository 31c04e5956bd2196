/**
 * Owns which heartbeats a watchdog sends, and when. Pure: it is told the time and how long the event loop has stood still.
 *
 * 1. While the loop turns, none: the handler wrapper sends them itself. Except for attempts that the SDK has given up.
 * 2. While it is blocked, each attempt's record with `blockedSince`, until the attempt's own timeout is over.
 * 3. Then one more, with the attempt counted as timed out, and no further: the server's heartbeat timeout frees the job.
 */
import { type AttemptState, endBlockedAttempt } from '../contract/attempts.ts';
import type { WatchedAttempt } from './watchdog-messages.ts';

/** An event loop that stood still for this long is blocked; for attempts with a short heartbeat timeout, less. */
export const BLOCKED_AFTER_MS = 1000;
const LONGEST_BEAT_MS = 1000;
/** Parts of the heartbeat timeout. */
const BLOCKED_AFTER_PART = 1 / 5;
const LONGEST_BEAT_PART = 1 / 4;

export interface Beat {
  readonly id: number;
  readonly taskToken: Uint8Array;
  readonly record: AttemptState;
}

/** How things stand when beats are looked for. */
export interface LoopState {
  readonly nowMs: number;
  /** Since the event loop last turned. */
  readonly stillForMs: number;
  readonly date: Date;
}

interface Watched {
  attempt: WatchedAttempt;
  sentAtMs: number;
  /** A heartbeat of it is under way. */
  isSending: boolean;
  /** The server knows that its time is over. */
  isOver: boolean;
}

export class WatchedAttempts {
  readonly #watched = new Map<number, Watched>();

  get size(): number {
    return this.#watched.size;
  }

  /** Takes in that an attempt has begun, has another record, or has ended (undefined). */
  set(id: number, attempt: WatchedAttempt | undefined): void {
    const known = this.#watched.get(id);
    if (attempt === undefined) this.#watched.delete(id);
    else if (known === undefined) this.#watched.set(id, { attempt, sentAtMs: Number.NEGATIVE_INFINITY, isSending: false, isOver: false });
    else known.attempt = attempt;
  }

  /** The heartbeats to send now. Each of them has to be `sent` before the next one of its attempt. */
  due(loop: LoopState): readonly Beat[] {
    return [...this.#watched].flatMap(([id, watched]) => {
      if (watched.isSending || !this.#isDue(watched, loop)) return [];
      watched.sentAtMs = loop.nowMs;
      watched.isSending = true;
      return [{ id, taskToken: watched.attempt.taskToken, record: recordOf(watched, loop) }];
    });
  }

  /** A heartbeat has been answered, or has failed. */
  sent(id: number): void {
    const watched = this.#watched.get(id);
    if (watched !== undefined) watched.isSending = false;
  }

  #isDue(watched: Watched, { nowMs, stillForMs }: LoopState): boolean {
    const { attempt } = watched;
    const isBlocked = stillForMs >= blockedAfterMs(attempt);
    if (!isBlocked) watched.isOver = false;
    if (watched.isOver || !(isBlocked || attempt.isTakenOver)) return false;
    return nowMs - watched.sentAtMs >= Math.min(LONGEST_BEAT_MS, attempt.heartbeatMs * LONGEST_BEAT_PART);
  }
}

/** How long the loop may stand still before the attempt needs a watchdog. */
export function blockedAfterMs({ heartbeatMs }: Pick<WatchedAttempt, 'heartbeatMs'>): number {
  return Math.min(BLOCKED_AFTER_MS, heartbeatMs * BLOCKED_AFTER_PART);
}

function recordOf(watched: Watched, { nowMs, stillForMs, date }: LoopState): AttemptState {
  const { attempt } = watched;
  const record = JSON.parse(attempt.record) as AttemptState;
  if (stillForMs < blockedAfterMs(attempt)) return record;
  watched.isOver = attempt.endsAtMs !== undefined && nowMs >= attempt.endsAtMs;
  if (watched.isOver) return endBlockedAttempt(record, attempt.timeoutMs ?? 0, date);
  if (stillForMs < BLOCKED_AFTER_MS) return record;
  return { ...record, blockedSince: new Date(date.getTime() - stillForMs).toISOString() };
}
