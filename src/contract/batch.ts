/**
 * Owns a batch: one job with up to a million items, each of which is a call of the handler of the batch's type. What its parts tell
 * each other, and where an item is kept. Pure.
 *
 * 1. Items stand in *segments* of 1 000 in the payload store: their inputs when the batch is added, their results when all of the segment
 *    have ended. The workflow knows counts only.
 * 2. The results of a segment are written once and never changed: whoever comes second finds them there. So nothing ends twice.
 * 3. Until then what is known of a segment is in the heartbeats of the call that works through it, and in drafts that these name.
 */
import { fieldOf } from './errors.ts';
import type { AttemptState } from './attempts.ts';
import type { Outcome, RunningJob } from './carrier.ts';
import { checkInteger, checkObject, checkText, invalidOption, MAX_CONCURRENCY } from './options.ts';

/** Items of one batch. */
export const MAX_ITEMS = 1_000_000;
/** Items of a segment. */
export const SEGMENT_ITEMS = 1000;
/** Bytes of JSON of one input that stands in its segment; a larger one is a value of the store by itself. */
export const MAX_ITEM_INPUT_BYTES = 4 * 1024;
const MAX_NAME_LENGTH = 200;

/** What an item that fails for good means to the others. */
export type OnItemFailure = 'continue' | 'stop' | 'cancel-rest';
const ON_ITEM_FAILURE: readonly OnItemFailure[] = ['continue', 'stop', 'cancel-rest'];

export interface BatchOptions {
  /** What people call it, 1–200 characters. @default none */
  readonly name?: string;
  /** Items that run at the same time in all, 1–10 000; no queue runs more than its workers may. @default as many as these may */
  readonly concurrency?: number;
  /**
   * What an item that fails for good means to the others: `continue`, all are tried; `stop`, no further one is begun; `cancel-rest`,
   * those that run are cancelled as well. @default 'continue'
   */
  readonly onItemFailure?: OnItemFailure;
}

export const BATCH_OPTION_KEYS = ['name', 'concurrency', 'onItemFailure'] as const;

/** The options, checked. @throws JobError `invalid-options` */
export function checkBatchOptions({ name, concurrency, onItemFailure }: BatchOptions): BatchOptions {
  if (onItemFailure !== undefined && !ON_ITEM_FAILURE.includes(onItemFailure))
    throw invalidOption('onItemFailure', `one of ${ON_ITEM_FAILURE.join(', ')}`, onItemFailure);
  return {
    ...(name === undefined ? {} : { name: checkText(name, 'name', MAX_NAME_LENGTH) }),
    ...(concurrency === undefined ? {} : { concurrency: checkInteger(concurrency, 'concurrency', { min: 1, max: MAX_CONCURRENCY }) }),
    ...(onItemFailure === undefined ? {} : { onItemFailure }),
  };
}

/** What the workflow of a batch is told. */
export interface BatchPlan extends Omit<BatchOptions, 'name'> {
  readonly items: number;
  /** Number of the run, and of the first one whose results hold: those that were completed then are not done again. */
  readonly run: number;
  readonly since: number;
  /** Segments with something to do. Absent: all. */
  readonly segments?: readonly number[];
}

/** A plan that came over the wire. @throws JobError `invalid-options` */
export function readBatchPlan(plan: BatchPlan): BatchPlan {
  checkObject(plan, 'batch in run options');
  const { items, run, since, segments } = plan;
  return {
    ...checkBatchOptions({
      ...(plan.concurrency === undefined ? {} : { concurrency: plan.concurrency }),
      ...(plan.onItemFailure === undefined ? {} : { onItemFailure: plan.onItemFailure }),
    }),
    items: wholeOf(items, 'items'),
    run: wholeOf(run, 'run'),
    since: wholeOf(since, 'since'),
    ...(segments === undefined ? {} : { segments: segments.map((segment) => wholeOf(segment, 'segments')) }),
  };
}

function wholeOf(value: number, name: string): number {
  return checkInteger(value, `batch.${name}`, { min: 0, max: MAX_ITEMS });
}

/** How many items ended how. */
export interface BatchCounts {
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
}

export const NO_ITEMS: BatchCounts = { completed: 0, failed: 0, cancelled: 0 };

export function sumOf(one: BatchCounts, other: BatchCounts): BatchCounts {
  return {
    completed: one.completed + other.completed,
    failed: one.failed + other.failed,
    cancelled: one.cancelled + other.cancelled,
  };
}

export function endedIn({ completed, failed, cancelled }: BatchCounts): number {
  return completed + failed + cancelled;
}

/** How many of these outcomes are which end; one that is tried again is none. */
export function countsOf(outcomes: Iterable<Outcome>): BatchCounts {
  const counts = { completed: 0, failed: 0, cancelled: 0, again: 0 };
  for (const { end } of outcomes) counts[end] += 1;
  const { again: _again, ...ended } = counts;
  return ended;
}

/** Memo key: how far the batch is, but for what the calls under way have done since. */
export const BATCH_MEMO_KEY = 'holdfastBatch';

/** What a batch shows of itself. */
export interface BatchFacts extends BatchCounts {
  readonly name?: string;
  readonly items: number;
  /** Items whose handler is at work. */
  readonly running: number;
  /** Those that have neither ended nor run now. */
  readonly waiting: number;
}

/** What a call of a worker is given: segments that it works through, one after the other. */
export interface SegmentsCall {
  readonly segments: readonly number[];
  /** Where an earlier call left the first of them. */
  readonly left?: Pick<SegmentLeft, 'draft' | 'counts'>;
  /** How long it begins items, in milliseconds. */
  readonly turnMs: number;
  /** Items of the call that may run at the same time. */
  readonly lanes?: number;
  /** Time limit of each attempt, where the batch was added with one. */
  readonly timeoutMs?: number;
  /** What became of items that had a call of their own. */
  readonly outcomes?: readonly Outcome[];
  /** It begins nothing more: what has not ended is cancelled. */
  readonly isClosing?: true;
}

/** What a call returns. */
export interface SegmentsResult {
  /** Items that have ended in it. */
  readonly counts: BatchCounts;
  /** The segment that was begun and has not ended. */
  readonly left?: SegmentLeft;
  /** Those behind it, which have not been begun. */
  readonly rest?: readonly number[];
  /** An item has failed, and no further one is to be begun. */
  readonly isStopped?: true;
}

/** A segment that was begun. */
export interface SegmentLeft {
  readonly segment: number;
  /** Number of the draft with what has become of its items. */
  readonly draft: number;
  /** Items of it that have ended. */
  readonly counts: BatchCounts;
  /** When the next of its items is due, ms since 1970. */
  readonly dueMs?: number;
  /** Items whose worker died twice: each is to have a call of its own, with its input. */
  readonly suspects: readonly Suspect[];
}

export interface Suspect {
  readonly item: number;
  readonly input?: unknown;
  readonly state: AttemptState;
}

/** What a call keeps in its heartbeats. */
export interface SegmentRecord {
  readonly segment: number;
  readonly draft: number;
  /** What has become of items since the draft. */
  readonly outcomes: readonly Outcome[];
  readonly running: readonly RunningJob[];
  /** Items that have ended in this call. */
  readonly counts: BatchCounts;
}

/** The segment of an item, and its place in it. */
export function segmentOf(item: number): { readonly segment: number; readonly place: number } {
  return { segment: Math.floor(item / SEGMENT_ITEMS), place: item % SEGMENT_ITEMS };
}

export function segmentCount(items: number): number {
  return Math.ceil(items / SEGMENT_ITEMS);
}

/** Items of one segment. */
export function itemsIn(segment: number, items: number): number {
  return Math.max(0, Math.min(SEGMENT_ITEMS, items - segment * SEGMENT_ITEMS));
}

/** Names of the values of a batch in the store. */
export const inputsName = (segment: number): string => `inputs-${segment}`;
export const resultsName = (run: number, segment: number): string => `results-${run}-${segment}`;
export const draftName = (run: number, segment: number, draft: number): string => `draft-${run}-${segment}-${draft}`;

/** What a name stands for; undefined for the name of anything else. */
export function readName(name: string): { readonly kind: string; readonly numbers: readonly number[] } | undefined {
  const [kind = '', ...numbers] = name.split('-');
  return ['inputs', 'results', 'draft'].includes(kind) ? { kind, numbers: numbers.map(Number) } : undefined;
}

/** The counts in a memo, or none. */
export function countsIn(memo: unknown): BatchCounts {
  const count = (key: keyof BatchCounts): number => {
    const value = fieldOf(memo, key);
    return typeof value === 'number' ? value : 0;
  };
  return { completed: count('completed'), failed: count('failed'), cancelled: count('cancelled') };
}
