/** Owns the removal of values whose job is gone: by the retention, or deleted by other tools. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PayloadStore } from './payload-store.ts';

export interface SweepOptions {
  /** True when the server knows no job of this id. */
  readonly isGone: (job: string) => Promise<boolean>;
  /** Ends the sweep before its time. */
  readonly signal: AbortSignal;
  /** Wait between two jobs, so that a sweep is no load. @default 20 */
  readonly pauseMs?: number;
}

/** A value is written before its job is started, so a young one may have no job yet. */
export const LEFT_ALONE_MS = 3_600_000;
const PAUSE_MS = 20;

/** Removes the values of jobs that are gone, if the newest is over an hour old. Gives how many jobs that were. */
export async function sweep(store: PayloadStore, { isGone, signal, pauseMs = PAUSE_MS }: SweepOptions): Promise<number> {
  let removed = 0;
  for await (const { job, writtenMs } of store.jobs()) {
    if (signal.aborted) break;
    if (!isOld(writtenMs) || !(await isGone(job))) continue;
    // A job of this id may have been added meanwhile.
    const now = await store.stat(job);
    if (now !== undefined && isOld(now.writtenMs)) {
      await store.delete(job);
      removed += 1;
    }
    await sleep(pauseMs);
  }
  return removed;
}

function isOld(writtenMs: number): boolean {
  return writtenMs < Date.now() - LEFT_ALONE_MS;
}
