/**
 * Owns the moves of the test server's clock, one after another: told to move from two sides at once, the server loses
 * count of its locks and stands still for good.
 */
import { AsyncResource } from 'node:async_hooks';
import type { TestServer } from './test-server.ts';

const FIRST_STEP_MS = 50;
/** A step is at most a fifth of the way so far, and so is what the clock goes too far. An hour takes some 45 steps. */
const GROWTH = 1.2;

export class Clock {
  /** Ms since 1970. */
  readonly now: () => Promise<number>;
  readonly #move: (milliseconds: number) => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(server: TestServer) {
    this.now = () => server.now();
    // Bound to this place: within a wait that is given up, the call would be given up too, while the server goes on moving.
    this.#move = AsyncResource.bind((milliseconds: number) => server.move(milliseconds));
  }

  /** Moves the clock on. Waits for handlers that run, and for moves that were asked for before. */
  async skip(milliseconds: number): Promise<void> {
    const move = this.#last.then(() => this.#move(milliseconds));
    this.#last = move.catch(() => undefined);
    await move;
  }

  /** Moves the clock on, in longer and longer steps, as long as `isWaiting`. */
  async skipWhile(isWaiting: () => boolean): Promise<void> {
    for (let stepMs = FIRST_STEP_MS; isWaiting(); stepMs *= GROWTH) await this.skip(Math.round(stepMs));
  }
}
