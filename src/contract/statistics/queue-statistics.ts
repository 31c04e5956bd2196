/**
 * Owns the statistics of one queue: by job type, within a size that fits a workflow's memo. The workflow that keeps them
 * adds what workers send; readers take the memo apart again.
 */
import { asSketch } from './quantile-sketch.ts';
import { emptyType, mergeTypes, type TypeStatistics } from './type-statistics.ts';

/** Job type → what was counted. */
export type QueueStatistics = Readonly<Record<string, TypeStatistics>>;

/** Workflow type of the one workflow per queue that keeps its statistics. Not a job: lists and counts leave it out. */
export const STATISTICS_TYPE = 'holdfast.statistics';
/** Signal: what one worker saw since its last one, as `QueueStatistics`. */
export const STATISTICS_SIGNAL = 'add';
/** Memo keys of that workflow: one for each job type. */
const MEMO_PREFIX = 'type:';
/** Job types of a queue that are kept: those seen last. */
export const MAX_TYPES = 100;
/** Bytes of JSON that are kept in all; the types seen longest ago go first. Temporal refuses a memo of over 2 MiB. */
export const MAX_STATISTICS_BYTES = 500_000;

/** Id of the workflow that keeps the statistics of a queue. */
export function statisticsId(queue: string): string {
  return `${STATISTICS_TYPE}.${queue}`;
}

/** The statistics of both, within the limits. Types that `added` says nothing of are the same objects as before. */
export function mergeQueues(statistics: QueueStatistics, added: QueueStatistics, now: number): QueueStatistics {
  const sum: Record<string, TypeStatistics> = { ...statistics };
  for (const [type, more] of Object.entries(added)) sum[type] = mergeTypes(typeIn(sum, type) ?? emptyType(more.since), more, now);
  const newest = Object.entries(sum).toSorted(([, one], [, other]) => other.updated - one.updated);
  let bytes = 0;
  const kept = newest.slice(0, MAX_TYPES).filter(([type, one]) => (bytes += bytesOf({ [type]: one })) <= MAX_STATISTICS_BYTES);
  return Object.fromEntries(kept);
}

/** What was counted of a type. A job type may be called `constructor`. */
export function typeIn(statistics: QueueStatistics, type: string): TypeStatistics | undefined {
  return Object.hasOwn(statistics, type) ? statistics[type] : undefined;
}

/** The memo of the workflow. */
export function memoOf(statistics: QueueStatistics): Readonly<Record<string, TypeStatistics>> {
  return Object.fromEntries(Object.entries(statistics).map(([type, one]) => [`${MEMO_PREFIX}${type}`, one]));
}

/** What changes the memo from `before` to `after`; null takes a type out. */
export function memoChanges(before: QueueStatistics, after: QueueStatistics): Readonly<Record<string, TypeStatistics | null>> {
  const gone = Object.keys(before).filter((type) => typeIn(after, type) === undefined);
  const changed = Object.entries(after).filter(([type, one]) => typeIn(before, type) !== one);
  return { ...memoOf(Object.fromEntries(changed)), ...Object.fromEntries(gone.map((type) => [`${MEMO_PREFIX}${type}`, null])) };
}

/** The statistics in a memo. What cannot be read is left out. */
export function statisticsInMemo(memo: Readonly<Record<string, unknown>>): QueueStatistics {
  const types = Object.entries(memo).filter(([key]) => key.startsWith(MEMO_PREFIX));
  return asQueueStatistics(Object.fromEntries(types.map(([key, value]) => [key.slice(MEMO_PREFIX.length), value])));
}

/** What a worker sent, as far as it is sound: anybody can signal, and what is thrown in workflow code stops the workflow. */
export function asQueueStatistics(value: unknown): QueueStatistics {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, TypeStatistics] => isTypeStatistics(entry[1])));
}

function isTypeStatistics(value: unknown): value is TypeStatistics {
  if (!isRecord(value)) return false;
  const { since, updated, started, completed, failed, cancelled, retries, wait, run, progress, minutes, errors } = value;
  return (
    [since, updated, started, completed, failed, cancelled, retries].every(isCount) &&
    [wait, run].every(isSketch) &&
    isRecordOf(progress, isSketch) &&
    isRecordOf(minutes, (ends) => Array.isArray(ends) && ends.length === 2 && ends.every(isCount)) &&
    isRecordOf(errors, isErrorGroup)
  );
}

function isSketch(value: unknown): boolean {
  return asSketch(value) !== undefined;
}

function isErrorGroup(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { code, pattern, count, firstAt, lastAt, jobId, message, hours = {} } = value;
  return (
    [code, pattern, jobId, message].every((text) => typeof text === 'string') &&
    [count, firstAt, lastAt].every(isCount) &&
    isRecordOf(hours, isCount)
  );
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecordOf(value: unknown, isPart: (part: unknown) => boolean): value is Record<string, unknown> {
  return isRecord(value) && Object.values(value).every(isPart);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bytesOf(value: object): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
