/** Owns the sweep of the payload folder by a worker process, and which stored values a job needs. */
import { addressOf } from '../contract/carrier.ts';
import { messageOf } from '../contract/errors.ts';
import { storedPayloadOf } from '../contract/payload-reference.ts';
import { startHourly } from '../hourly.ts';
import type { Log } from '../log.ts';
import type { StoredJob } from '../payloads/payload-store.ts';
import { sweep } from '../payloads/sweep.ts';
import type { Temporal } from '../temporal/connection.ts';
import { describeJob } from '../temporal/describe.ts';
import { readEnding } from '../temporal/ending.ts';
import { findJob } from '../temporal/find-job.ts';
import { readFirstEvents } from '../temporal/first-events.ts';

/** Begins sweeping, if there is a folder; call what it gives to end it. */
export function startSweeping(temporal: Temporal, log: Log): () => Promise<void> {
  const { store } = temporal.values;
  if (store === undefined) return () => Promise.resolve();
  const needed = async (stored: StoredJob): Promise<readonly string[] | 'all'> =>
    await neededBy(temporal, stored).catch((error: unknown) => {
      log.debug('not known which stored values a job needs; they are kept', { job: stored.job, error: messageOf(error) });
      return 'all' as const;
    });
  const sweepOnce = async (signal: AbortSignal): Promise<void> => {
    const removed = await sweep(store, { neededBy: needed, signal });
    if (removed > 0) log.info('stored values that no job needs any more were removed', { values: removed });
  };
  return startHourly({ sweep: sweepOnce, failure: 'the payload folder could not be swept' }, log);
}

/** Of a job that runs, all: its result may be written and not be in its history yet. */
async function neededBy(temporal: Temporal, { job, values }: StoredJob): Promise<readonly string[] | 'all'> {
  const { workflowId, place } = addressOf(job);
  // Values of an item are those of its batch.
  if (place !== undefined && (await describeJob(temporal, workflowId))?.memo?.batch !== undefined) return 'all';
  const found = await findJob(temporal, job);
  if (found === undefined) return [];
  if (found.job.close === 'open' || values.length === 1 || found.job.memo?.batch !== undefined) return 'all';
  const [{ input }, { output }] = await Promise.all([
    found.carried ?? readFirstEvents(temporal, found.job, 1),
    found.carried?.ending ?? readEnding(temporal, found.job),
  ]);
  return [input, output].flatMap((value) => storedPayloadOf(value)?.id ?? []);
}
