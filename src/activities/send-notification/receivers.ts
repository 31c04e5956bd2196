/**
 * Owns who may hold how many of a worker's places: the receivers of notifications share them, so that one that hangs delays nobody
 * else. A delivery without a place gives way and is called again later; it waits in the server, not here.
 *
 * 1. A receiver has at most `perReceiver` deliveries under way in one process.
 * 2. One that is slow, now or the last time, has one; all slow ones together have two.
 * 3. A receiver that asked to be left alone for a while is left alone by all deliveries.
 * 4. Those that give way are called back one after the other, as fast as the receiver has been.
 */
import { formatMs } from '../../contract/duration.ts';
import { Snooze } from '../handler-errors.ts';

/** Milliseconds that an exchange takes at a receiver that is not slow. */
const SLOW_MS = 5000;
const SLOW_AT_ONCE = 2;
/** The server's shortest wait. */
const SHORTEST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 600_000;
const FIRST_GUESS_MS = 100;
/** Receivers that are remembered: the oldest are forgotten first. */
const MAX_REMEMBERED = 10_000;

interface Receiver {
  /** When each delivery under way began. */
  readonly began: Set<{ readonly at: number }>;
  /** Moving average of how long a delivery takes. */
  usualMs: number;
  wasSlow: boolean;
  /** Until when it asked to be left alone. */
  closedUntil: number;
  /** When the last one that gave way is called again. */
  lastTurnAt: number;
}

/** A place that a delivery holds. */
export interface Place {
  /** Gives it back. `closedMs`: the receiver asked to be left alone for so long. */
  leave(closedMs?: number): void;
}

export class Receivers {
  readonly #perReceiver: number;
  readonly #known = new Map<string, Receiver>();

  constructor(perReceiver: number) {
    this.#perReceiver = perReceiver;
  }

  /** A place for a delivery to the receiver. @throws Snooze when it has none for it now */
  enter(name: string, now = Date.now()): Place {
    const receiver = this.#receiver(name);
    const closedMs = receiver.closedUntil - now;
    if (closedMs > 0) throw new Snooze(turn(receiver, now, closedMs), `${name} asked to be left alone for ${formatMs(closedMs)}.`);
    if (!this.#hasPlace(receiver, now)) throw new Snooze(turn(receiver, now, 0), whyNot(name, receiver));
    const mark = { at: now };
    receiver.began.add(mark);
    return { leave: (closed = 0) => leave(receiver, mark, closed) };
  }

  #hasPlace(receiver: Receiver, now: number): boolean {
    if (!isSlow(receiver, now)) return receiver.began.size < this.#perReceiver;
    if (receiver.began.size > 0) return false;
    const slow = [...this.#known.values()].filter((other) => other.began.size > 0 && isSlow(other, now));
    return slow.length < SLOW_AT_ONCE;
  }

  #receiver(name: string): Receiver {
    const known = this.#known.get(name) ?? {
      began: new Set(),
      usualMs: FIRST_GUESS_MS,
      wasSlow: false,
      closedUntil: 0,
      lastTurnAt: 0,
    };
    // The newest stand last.
    this.#known.delete(name);
    this.#known.set(name, known);
    for (const [oldest, { began }] of this.#known) {
      if (this.#known.size <= MAX_REMEMBERED) break;
      if (began.size === 0) this.#known.delete(oldest);
    }
    return known;
  }
}

function whyNot(name: string, { began: { size } }: Receiver): string {
  const taken = size === 0 ? 'was slow, and the places for slow ones are taken' : `has ${size} under way in this worker`;
  return `The receiver ${name} ${taken}: this delivery waits for its turn.`;
}

function isSlow({ began, wasSlow }: Receiver, now: number): boolean {
  const [oldest] = began;
  return wasSlow || (oldest !== undefined && now - oldest.at > SLOW_MS);
}

function leave(receiver: Receiver, mark: { readonly at: number }, closedMs: number): void {
  if (!receiver.began.delete(mark)) return;
  const tookMs = Date.now() - mark.at;
  receiver.wasSlow = tookMs > SLOW_MS;
  receiver.usualMs = (receiver.usualMs + tookMs) / 2;
  if (closedMs > 0) receiver.closedUntil = Math.max(receiver.closedUntil, Date.now() + closedMs);
  // Nobody has to queue up any more.
  if (receiver.began.size === 0 && !receiver.wasSlow) receiver.lastTurnAt = 0;
}

/** Milliseconds until the next turn: behind those that gave way before. */
function turn(receiver: Receiver, now: number, leastMs: number): number {
  const first = now + Math.max(leastMs, SHORTEST_WAIT_MS);
  receiver.lastTurnAt = Math.max(first, receiver.lastTurnAt + receiver.usualMs);
  const waitMs = receiver.lastTurnAt - now;
  return leastMs > LONGEST_WAIT_MS ? waitMs : Math.min(waitMs, LONGEST_WAIT_MS);
}
