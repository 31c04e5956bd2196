/** Owns that a long loop lets the event loop of its thread turn: a cancel comes in there, and git's output. */
import { setImmediate } from 'node:timers/promises';

const HOLD_MS = 10;
const CHECK_EVERY = 128;

/** Calls `work` for each item, and lets others run every 10 ms. */
export async function forEachWithPauses<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let heldSince = performance.now();
  let sinceCheck = 0;
  for (const item of items) {
    work(item);
    sinceCheck += 1;
    if (sinceCheck < CHECK_EVERY) continue;
    sinceCheck = 0;
    if (performance.now() - heldSince < HOLD_MS) continue;
    await setImmediate();
    heldSince = performance.now();
  }
}
