/** Owns the handle of one batch: what a client does with it and with its items. */
import type { BatchCounts } from '../contract/batch.ts';
import type { BatchItem, ItemList, ItemOptions } from '../contract/batch-items.ts';
import { type ById, type JobHandle, jobHandle, type ResultOptions } from './job-handle.ts';

/** A batch, in the hands of the one who added it. It is a job: it is read, watched, cancelled and retried as one. */
export interface BatchHandle extends Omit<JobHandle, 'result'> {
  /** A page of its items. */
  items(options?: ItemOptions): Promise<ItemList>;
  /** What became of all items that have ended, in order, with their outputs and without their inputs. */
  results(): AsyncGenerator<BatchItem, void, undefined>;
  /** Waits for the end. @throws JobError `items-failed` when items have failed for good, `cancelled` */
  result(options?: ResultOptions): Promise<BatchCounts>;
}

/** What a client does with a batch by its id. */
export interface BatchById extends ById {
  items(id: string, options?: ItemOptions): Promise<ItemList>;
  results(id: string): AsyncGenerator<BatchItem, void, undefined>;
}

/** The handle of the batch of this id. Makes no call. */
export function batchHandle(jobs: BatchById, id: string): BatchHandle {
  return {
    ...jobHandle(jobs, id),
    items: (options) => jobs.items(id, options),
    results: () => jobs.results(id),
    result: async (options) => (await jobs.result(id, options)) as BatchCounts,
  };
}
