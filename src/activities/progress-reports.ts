/**
 * Owns which progress a handler signals to its workflow, so that the queries `status` and `progress` have an answer:
 * from 2 s on, at each further 5 %, at most every 2 s and 20 times an attempt. A shorter job costs no event more.
 */
import type { Progress } from '../contract/progress.ts';

const FIRST_AFTER_MS = 2000;
const APART_MS = 2000;
const STEP_PERCENT = 5;
const MAX_REPORTS = 20;

export class ProgressReports {
  #count = 0;
  #lastPercent = -STEP_PERCENT;
  #lastAt: number;
  readonly #send: (progress: Progress) => void;

  /** @param startedAt start of the attempt, in ms of the clock that `offer` is given */
  constructor(startedAt: number, send: (progress: Progress) => void) {
    this.#lastAt = startedAt + FIRST_AFTER_MS - APART_MS;
    this.#send = send;
  }

  /** Sends the progress if it is due. Called at each heartbeat. */
  offer(progress: Progress | undefined, now: number): void {
    const current = progress ?? { percent: 0 };
    const isDue = this.#count < MAX_REPORTS && now - this.#lastAt >= APART_MS && current.percent - this.#lastPercent >= STEP_PERCENT;
    if (!isDue) return;
    this.#count += 1;
    this.#lastAt = now;
    this.#lastPercent = current.percent;
    this.#send(current);
  }
}
