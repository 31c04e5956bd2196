/**
 * Owns the turns that the long polls of one client take: a server holds only so many open for all clients together and
 * refuses the others.
 */
import pLimit from 'p-limit';
import { orAborted } from '../abort.ts';

/** Long polls of one client at the same time. A server has 1 200 for all clients of a namespace unless it was told otherwise. */
const AT_ONCE = 500;
/** After this time a long poll lets another one go first, if one waits. */
const TURN_MS = 10_000;
const TURN_OVER = Symbol('turn over');

export class Turns {
  readonly #limit = pLimit(AT_ONCE);

  /** Calls `poll`, again at each turn, until it ends by itself. Rejects with the signal's reason as soon as it fires. */
  async take<T>(poll: (signal: AbortSignal) => Promise<T>, signal: AbortSignal = new AbortController().signal): Promise<T> {
    signal.throwIfAborted();
    return await orAborted(this.#pollUntilEnd(poll, signal), signal);
  }

  async #pollUntilEnd<T>(poll: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      const end = await this.#limit(() => this.#turn(poll, signal));
      if (end !== TURN_OVER) return end;
    }
  }

  async #turn<T>(poll: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T | typeof TURN_OVER> {
    signal.throwIfAborted();
    const over = new AbortController();
    const timer = setInterval(() => {
      if (this.#limit.pendingCount > 0) over.abort();
    }, TURN_MS);
    try {
      return await poll(AbortSignal.any([signal, over.signal]));
    } catch (error) {
      if (over.signal.aborted && !signal.aborted) return TURN_OVER;
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
