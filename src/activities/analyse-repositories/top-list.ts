/** Owns the first entries of an order over many, without sorting them all. */

/** The best `size` of what is added. `compare` as in `Array.sort`: negative when the first is better. */
export class TopList<T> {
  readonly #size: number;
  readonly #compare: (a: T, b: T) => number;
  readonly #best: T[] = [];

  constructor(size: number, compare: (a: T, b: T) => number) {
    this.#size = size;
    this.#compare = compare;
  }

  add(item: T): void {
    const worst = this.#best.at(-1);
    const isFull = this.#best.length === this.#size;
    if (isFull && (worst === undefined || this.#compare(item, worst) >= 0)) return;
    const place = this.#best.findIndex((other) => this.#compare(item, other) < 0);
    this.#best.splice(place === -1 ? this.#best.length : place, 0, item);
    if (isFull) this.#best.pop();
  }

  /** The best first. */
  get items(): readonly T[] {
    return this.#best;
  }
}
