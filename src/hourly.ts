/** Owns the rhythm of what a worker process clears away beside its jobs: at its start and then every hour, one sweep at a time. */
import { messageOf } from './contract/errors.ts';
import type { Log } from './log.ts';

const EVERY_MS = 3_600_000;

export interface Hourly {
  /** Its signal fires when no further sweep is wanted. */
  readonly sweep: (signal: AbortSignal) => Promise<void>;
  /** What the log says of a sweep that failed. */
  readonly failure: string;
}

/** Begins; call what it gives to end it. A sweep that fails is logged, and the next one comes all the same. */
export function startHourly({ sweep, failure }: Hourly, log: Log): () => Promise<void> {
  const ending = new AbortController();
  const run = async (): Promise<void> => {
    try {
      await sweep(ending.signal);
    } catch (error) {
      log.warn(`${failure}; tried again in an hour`, { error: messageOf(error) });
    }
  };
  let running = run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, EVERY_MS).unref();
  return async () => {
    clearInterval(timer);
    ending.abort();
    await running;
  };
}
