/**
 * Owns the rhythm of heartbeats: one timer for all attempts of a process, not the handlers' goodwill. A cancel reaches a
 * handler, and progress reaches a reader, with the next beat. An attempt shorter than a beat sends none.
 */
import { DEFAULT_HEARTBEAT_MS } from '../contract/define-job.ts';
import { type AttemptGuard, NO_GUARD } from './attempt-guard.ts';

const SHORTEST_BEAT_MS = 200;
const LONGEST_BEAT_MS = 1000;
const MS_PER_ATTEMPT = 10;
const BEATS_PER_HEARTBEAT = 3;
const TOGETHER_MS = 20;

interface Beating {
  readonly beat: () => void;
  readonly longestMs: number;
  dueAt: number;
}

export class Heartbeats {
  /** Keeps attempts alive while this process's event loop is blocked and no timer fires. */
  readonly guard: AttemptGuard;
  readonly #beatings = new Set<Beating>();
  #timer: NodeJS.Timeout | undefined;

  constructor(guard: AttemptGuard = NO_GUARD) {
    this.guard = guard;
  }

  /**
   * Calls `beat` in the rhythm of all attempts until the returned function is called.
   * @param heartbeatMs silence after which the attempt is taken for dead: it beats three times as often, however many run
   */
  start(beat: () => void, heartbeatMs: number = DEFAULT_HEARTBEAT_MS): () => void {
    const beating: Beating = { beat, longestMs: Math.min(LONGEST_BEAT_MS, heartbeatMs / BEATS_PER_HEARTBEAT), dueAt: 0 };
    this.#beatings.add(beating);
    beating.dueAt = performance.now() + this.#intervalOf(beating);
    this.#timer ??= this.#schedule();
    return () => {
      this.#beatings.delete(beating);
      if (this.#beatings.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /**
   * The more attempts run, the slower each beats: about 100 calls a second for up to 100 of them. A beat is a write that costs the
   * embedded server some 2 ms of CPU: 500 a second, for 100 handlers that only waited, kept more than one core busy.
   */
  #intervalOf({ longestMs }: Beating): number {
    return Math.min(longestMs, Math.max(SHORTEST_BEAT_MS, this.#beatings.size * MS_PER_ATTEMPT));
  }

  #schedule(): NodeJS.Timeout {
    const next = [...this.#beatings].reduce((soonest, { dueAt }) => Math.min(soonest, dueAt), Number.POSITIVE_INFINITY);
    return setTimeout(() => this.#tick(), Math.max(1, next - performance.now()));
  }

  /** Those that are due a moment later beat as well: one timer for many. */
  #tick(): void {
    const now = performance.now();
    for (const beating of this.#beatings) {
      if (beating.dueAt > now + TOGETHER_MS) continue;
      beating.dueAt = now + this.#intervalOf(beating);
      beating.beat();
    }
    this.#timer = this.#beatings.size === 0 ? undefined : this.#schedule();
  }
}

export { SHORTEST_BEAT_MS };
