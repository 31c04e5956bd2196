/** Owns answers that many askers share: one read under way per key, and its answer for a while after. Knows nothing of what is read. */

interface SharedRead<T> {
  /** Changes that the one who began it had made before. */
  readonly changes: number;
  readonly startedMs: number;
  readonly answer: Promise<T>;
  endedMs: number | undefined;
}

/** Keys that are kept before those that are out of date are dropped. */
const KEPT = 200;

export class SharedReads<T> {
  readonly #reads = new Map<string, SharedRead<T>>();
  readonly #maxAgeMs: (keys: number, tookMs: number) => number;

  /** @param maxAgeMs how long an answer serves, given the number of keys that are asked for and how long it took to read */
  constructor(maxAgeMs: (keys: number, tookMs: number) => number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /**
   * The answer of `body` for the key: one that is under way or young enough, if it was begun after the asker's `changes`-th change;
   * else a new one. One that failed serves those who waited for it, and nobody after.
   */
  read(key: string, body: () => Promise<T>, changes = 0): Promise<T> {
    const known = this.#reads.get(key);
    if (known !== undefined && known.changes >= changes && this.#isFresh(known)) return known.answer;
    const read: SharedRead<T> = { changes, startedMs: Date.now(), answer: body(), endedMs: undefined };
    this.#reads.delete(key);
    this.#reads.set(key, read);
    void read.answer.then(
      () => (read.endedMs = Date.now()),
      () => this.#reads.get(key) === read && this.#reads.delete(key),
    );
    if (this.#reads.size > KEPT) this.#dropOld();
    return read.answer;
  }

  #isFresh({ startedMs, endedMs }: SharedRead<T>): boolean {
    return endedMs === undefined || Date.now() - endedMs < this.#maxAgeMs(this.#reads.size, endedMs - startedMs);
  }

  #dropOld(): void {
    for (const [key, read] of this.#reads) if (!this.#isFresh(read)) this.#reads.delete(key);
  }
}
