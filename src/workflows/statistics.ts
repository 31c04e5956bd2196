/**
 * Owns the workflow that keeps the statistics of one queue: each worker of the queue signals it what it saw, at most every
 * ten seconds. Its memo is what readers see, with no worker up. It is no job.
 */
import { condition, defineSignal, makeContinueAsNewFunc, setHandler, upsertMemo, workflowInfo } from '@temporalio/workflow';
import {
  asQueueStatistics,
  memoChanges,
  memoOf,
  mergeQueues,
  type QueueStatistics,
  STATISTICS_SIGNAL,
} from '../contract/statistics/queue-statistics.ts';

/** After so many signals it goes on in a new run, so that its history stays short. One busy worker: half an hour. */
export const SIGNALS_OF_A_RUN = 200;

const addSignal = defineSignal<[QueueStatistics]>(STATISTICS_SIGNAL);

/** Never ends by itself. `kept` is what the run before it left. */
export async function keepStatistics(kept: unknown): Promise<never> {
  let statistics = asQueueStatistics(kept);
  let shown = statistics;
  let signals = 0;
  let isMemoDue = false;
  setHandler(addSignal, (added) => {
    statistics = mergeQueues(statistics, asQueueStatistics(added), Date.now());
    signals += 1;
    if (isMemoDue) return;
    isMemoDue = true;
    // One event for all signals of a workflow task.
    void Promise.resolve().then(() => {
      isMemoDue = false;
      const changes = memoChanges(shown, statistics);
      shown = statistics;
      // The server refuses a change of nothing, and would ask for it again and again.
      if (Object.keys(changes).length > 0) upsertMemo({ ...changes });
    });
  });
  await condition(() => !isMemoDue && (signals >= SIGNALS_OF_A_RUN || workflowInfo().continueAsNewSuggested));
  return await makeContinueAsNewFunc<(kept: unknown) => Promise<never>>({ memo: { ...memoOf(statistics) } })(statistics);
}
