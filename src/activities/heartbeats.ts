/**
 * Owns the rhythm of heartbeats: one timer for all attempts of a process, not the handlers' goodwill. A cancel reaches a
 * handler, and progress reaches a reader, with the next beat. An attempt shorter than a beat sends none.
 */
import { type AttemptGuard, NO_GUARD } from './attempt-guard.ts';

const SHORTEST_BEAT_MS = 200;
const LONGEST_BEAT_MS = 1000;
const MS_PER_ATTEMPT = 10;

export class Heartbeats {
  /** Keeps attempts alive while this process's event loop is blocked and no timer fires. */
  readonly guard: AttemptGuard;
  readonly #beats = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(guard: AttemptGuard = NO_GUARD) {
    this.guard = guard;
  }

  /** Calls `beat` at each tick until the returned function is called. */
  start(beat: () => void): () => void {
    this.#beats.add(beat);
    this.#timer ??= this.#schedule();
    return () => {
      this.#beats.delete(beat);
      if (this.#beats.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /**
   * The more attempts run, the slower each beats: about 100 calls a second for up to 100 of them. A beat is a write that costs the
   * embedded server some 2 ms of CPU: 500 a second, for 100 handlers that only waited, kept more than one core busy.
   */
  #schedule(): NodeJS.Timeout {
    const interval = Math.min(LONGEST_BEAT_MS, Math.max(SHORTEST_BEAT_MS, this.#beats.size * MS_PER_ATTEMPT));
    return setTimeout(() => {
      for (const beat of this.#beats) beat();
      this.#timer = this.#beats.size === 0 ? undefined : this.#schedule();
    }, interval);
  }
}

export { SHORTEST_BEAT_MS };
