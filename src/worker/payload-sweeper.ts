/** Owns when a worker process sweeps the payload folder: at its start and then every hour, one sweep at a time. */
import { messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';
import { sweep } from '../payloads/sweep.ts';
import type { Temporal } from '../temporal/connection.ts';
import { describeJob } from '../temporal/describe.ts';

const EVERY_MS = 3_600_000;

/** Begins sweeping, if there is a folder; call what it gives to end it. */
export function startSweeping(temporal: Temporal, log: Log): () => Promise<void> {
  const { store } = temporal.values;
  if (store === undefined) return () => Promise.resolve();
  const ending = new AbortController();
  const isGone = async (job: string): Promise<boolean> => (await describeJob(temporal, job)) === undefined;
  const run = async (): Promise<void> => {
    try {
      const removed = await sweep(store, { isGone, signal: ending.signal });
      if (removed > 0) log.info('stored values of jobs that are gone were removed', { jobs: removed });
    } catch (error) {
      log.warn('stored values of jobs that are gone could not be removed; tried again in an hour', { error: messageOf(error) });
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
