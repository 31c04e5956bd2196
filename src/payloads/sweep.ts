/** Owns the removal of values that no job needs any more: their job went with the retention, or has run anew with others. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PayloadStore, StoredJob } from './payload-store.ts';

export interface SweepOptions {
  /** Ids of the values that a job still needs: none for a job that is gone. */
  readonly neededBy: (stored: StoredJob) => Promise<readonly string[] | 'all'>;
  /** Ends the sweep before its time. */
  readonly signal: AbortSignal;
  /** Wait between two jobs, so that a sweep is no load. @default 20 */
  readonly pauseMs?: number;
}

/** What a sweep needs of a store. */
export type SweptStore = Pick<PayloadStore, 'jobs' | 'stat' | 'delete'>;

/** A value is written before its job is started, or before its job ends: no job may know a young one yet. */
export const LEFT_ALONE_MS = 3_600_000;
const PAUSE_MS = 20;

/** Removes the values that are over an hour old and not needed. Gives how many they were. */
export async function sweep(store: SweptStore, { neededBy, signal, pauseMs = PAUSE_MS }: SweepOptions): Promise<number> {
  let removed = 0;
  for await (const stored of store.jobs()) {
    if (signal.aborted) break;
    if (oldIn(stored).length === 0) continue;
    const needed = await neededBy(stored);
    // The job may have been added again meanwhile, with the same value.
    const now = needed === 'all' ? undefined : await store.stat(stored.job);
    const ids = oldIn(now).filter((id) => !needed.includes(id));
    if (ids.length > 0) await store.delete(stored.job, ids);
    removed += ids.length;
    await sleep(pauseMs);
  }
  return removed;
}

function oldIn(stored: StoredJob | undefined): readonly string[] {
  const limit = Date.now() - LEFT_ALONE_MS;
  return (stored?.values ?? []).filter(({ writtenMs }) => writtenMs < limit).map(({ id }) => id);
}
