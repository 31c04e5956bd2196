/**
 * Owns how the progress of one run is remembered until its end, when it shows how far the percentages were off: looks a
 * second apart, thinned out to at most 20, so that a long run takes no more room than a short one.
 */

/** How the percentage of a handler stood some way through its run. */
export interface ProgressSample {
  readonly elapsedMs: number;
  readonly percent: number;
}

/** Time between two looks. */
export const LOOK_EVERY_MS = 1000;
const MOST_LOOKS = 20;

export class ProgressLooks {
  #samples: ProgressSample[] = [];
  #stride = 1;
  #count = 0;

  /** Takes note of a look; call it once in `LOOK_EVERY_MS`. */
  note(sample: ProgressSample): void {
    this.#count += 1;
    if (this.#count % this.#stride !== 0) return;
    this.#samples.push(sample);
    if (this.#samples.length < MOST_LOOKS) return;
    this.#samples = this.#samples.filter((_sample, index) => index % 2 === 1);
    this.#stride *= 2;
  }

  get samples(): readonly ProgressSample[] {
    return this.#samples;
  }

  /** The looks that each sample stands for. */
  get weight(): number {
    return this.#stride;
  }
}
