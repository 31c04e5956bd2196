/** Owns how many requests a caller may send: a bucket of tokens each, filled at a steady rate. Bounded in memory: the callers that were not seen for longest are forgotten. */

export interface Rate {
  readonly perSecond: number;
  /** So many at once after a rest. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const MOST = 10_000;

export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  /** The least recently seen first. */
  readonly #buckets = new Map<string, Bucket>();

  /** @param now milliseconds of a clock that does not go back */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes a token. 0 when there was one; else the seconds until there is. */
  take(caller: string): number {
    const now = this.#now();
    const { perSecond, burst } = this.#rate;
    const known = this.#buckets.get(caller);
    const tokens = known === undefined ? burst : Math.min(burst, known.tokens + ((now - known.atMs) / 1000) * perSecond);
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: now });
    if (this.#buckets.size > MOST) this.#forgetOldest();
    return tokens >= 1 ? 0 : (1 - tokens) / perSecond;
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
