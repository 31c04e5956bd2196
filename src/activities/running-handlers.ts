/**
 * Owns how many handlers run in the process, whatever their queues, and that a suspect runs alone: a job whose worker died
 * twice. When it dies again, it is known whose doing that was, and its neighbours are not dragged along.
 *
 * 1. A suspect holds new handlers back and waits until those that run have ended: 10 s at most, then all go on for 10 s, three
 *    times. After that it runs among the others: one that never ends must not stop the process or the suspect.
 * 2. After a minute alone a suspect is none any more: the others go on beside it.
 */
import { EventEmitter, once } from 'node:events';
import { orAborted } from '../abort.ts';

const HOLD_MS = 10_000;
const PAUSE_MS = 10_000;
const TRIES = 3;
const ALONE_MS = 60_000;
/** Deaths after which a job is run alone. */
export const SUSPECT_DEATHS = 2;

export interface Entry {
  readonly isSuspect: boolean;
  readonly signal: AbortSignal;
}

export class RunningHandlers {
  #count = 0;
  #suspects: Promise<unknown> = Promise.resolve();
  /** While a suspect holds the others back: resolves when it lets them go on. */
  #held: Gate | undefined;
  #whenEmpty: (() => void) | undefined;

  get count(): number {
    return this.#count;
  }

  /** Begins a handler of no suspect, unless a suspect holds the others back. The returned function says that it has ended. */
  enterNow(): (() => void) | undefined {
    return this.#held === undefined ? this.#begin() : undefined;
  }

  /** Waits until the handler may begin. The returned function says that it has ended. Rejects with the signal's reason. */
  async enter({ isSuspect, signal }: Entry): Promise<() => void> {
    if (isSuspect) return await this.#enterAlone(signal);
    while (this.#held !== undefined) await orAborted(this.#held.opened, signal);
    return this.#begin();
  }

  #begin(): () => void {
    this.#count += 1;
    return () => {
      this.#count -= 1;
      if (this.#count === 0) this.#whenEmpty?.();
    };
  }

  /** One suspect after the other. */
  async #enterAlone(signal: AbortSignal): Promise<() => void> {
    const before = this.#suspects;
    const turn = closedGate();
    this.#suspects = Promise.all([before, turn.opened]);
    try {
      await orAborted(before, signal);
      const open = await this.#hold(signal);
      const leave = this.#begin();
      const letOn = (): void => {
        open();
        turn.open();
      };
      const timer = setTimeout(letOn, ALONE_MS);
      return () => {
        clearTimeout(timer);
        leave();
        letOn();
      };
    } catch (error) {
      turn.open();
      throw error;
    }
  }

  /** Holds the others back until nothing runs; gives what lets them go on. */
  async #hold(signal: AbortSignal): Promise<() => void> {
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (tried > 0) await orAborted(pause(), signal);
      const gate = closedGate();
      this.#held = gate;
      const open = (): void => {
        if (this.#held === gate) this.#held = undefined;
        gate.open();
      };
      try {
        if (await orAborted(this.#isEmptyWithin(HOLD_MS), signal)) return open;
        open();
      } catch (error) {
        open();
        throw error;
      }
    }
    return () => undefined;
  }

  async #isEmptyWithin(milliseconds: number): Promise<boolean> {
    if (this.#count === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    const isEmpty = await new Promise<boolean>((resolve) => {
      this.#whenEmpty = () => resolve(true);
      timer = setTimeout(() => resolve(false), milliseconds);
    });
    clearTimeout(timer);
    this.#whenEmpty = undefined;
    return isEmpty;
  }
}

interface Gate {
  readonly opened: Promise<unknown>;
  readonly open: () => void;
}

function closedGate(): Gate {
  const opening = new EventEmitter();
  return { opened: once(opening, 'open'), open: () => void opening.emit('open') };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
}
