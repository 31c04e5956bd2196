/**
 * Owns the limit of handlers that run at the same time: one per queue and process. A handler that ignores its timeout
 * keeps its place until it really ends, so that the process never runs more than it was told to.
 */
export class HandlerLimit {
  readonly limit: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  /** A place, when one is free; what it gives gives it back. */
  takeNow(): (() => void) | undefined {
    if (this.#running >= this.limit) return undefined;
    this.#running += 1;
    return () => this.#release();
  }

  /** Waits for a place, first come first served. The returned function gives it back. Rejects with the signal's reason. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const place = this.takeNow();
    if (place !== undefined) return place;
    await this.#turn(signal);
    return () => this.#release();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(take);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #release(): void {
    const next = this.#waiting.shift();
    // The place goes straight to the next one, so the count stays.
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
