/** Owns what is told of the items of a batch, and how they are asked for. */
import type { AttemptRecord } from './attempts.ts';
import { MAX_ITEMS } from './batch.ts';
import { checkInteger, checkKeys, invalidOption } from './options.ts';
import type { Progress } from './progress.ts';
import type { JobFailure } from './snapshot.ts';

export type ItemStatus = 'queued' | 'processing' | 'retrying' | 'completed' | 'failed' | 'cancelled';
export const ITEM_STATUSES: readonly ItemStatus[] = ['queued', 'processing', 'retrying', 'completed', 'failed', 'cancelled'];

/** One item of a batch. Times are ISO 8601. */
export interface BatchItem {
  /** Its place in the batch, from 0. */
  readonly index: number;
  readonly status: ItemStatus;
  /** In a page a value over 64 KB is told by its reference, as is an output. */
  readonly input?: unknown;
  /** Only when `completed`. `results` gives it whole. */
  readonly output?: unknown;
  /** Only when `failed`; at most 500 characters of it. */
  readonly error?: JobFailure;
  /** The attempt under way or last: 0 before the first. */
  readonly attempt: number;
  /** Attempts that ended without completing it: the last three. */
  readonly attempts: readonly AttemptRecord[];
  readonly progress: Progress | null;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** When it is tried again: `retrying`. */
  readonly dueAt?: string;
  /** Worker of the last attempt, where it is known. */
  readonly worker?: string;
}

export interface ItemOptions {
  /** Only items of this status. @default all */
  readonly status?: ItemStatus;
  /** The first item that is looked at. @default 0 */
  readonly from?: number;
  /** Items of a page, 1–500. @default 50 */
  readonly limit?: number;
}

export interface ItemList {
  /** In the order of the batch. */
  readonly items: readonly BatchItem[];
  /** Give it as `from` for the next page; absent on the last one. */
  readonly next?: number;
}

const DEFAULT_LIMIT = 50;

/** The options, with what they default to. @throws JobError `invalid-options` */
export function itemOptions(options: ItemOptions = {}): Required<Omit<ItemOptions, 'status'>> & Pick<ItemOptions, 'status'> {
  checkKeys(options, ['status', 'from', 'limit'], 'item options');
  const { status, from = 0, limit = DEFAULT_LIMIT } = options;
  if (status !== undefined && !ITEM_STATUSES.includes(status)) throw invalidOption('status', `one of ${ITEM_STATUSES.join(', ')}`, status);
  return {
    ...(status === undefined ? {} : { status }),
    from: checkInteger(from, 'from', { min: 0, max: MAX_ITEMS }),
    limit: checkInteger(limit, 'limit', { min: 1, max: 500 }),
  };
}
