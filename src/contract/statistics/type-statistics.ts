/**
 * Owns what is counted of one job type on one queue: how many, how long they waited and ran, how they failed. What one
 * worker saw in ten seconds and what all of them saw in a month have the same shape, so they are merged by addition.
 * Counted is what handlers did. A job that ended without its handler (cancelled while it waited, terminated) is not in it.
 */
import { type ErrorGroups, mergeGroups, type OneError, withError } from './error-groups.ts';
import type { ProgressLooks, ProgressSample } from './progress-looks.ts';
import { EMPTY_SKETCH, mergeSketches, type QuantileSketch, withValue, withValues } from './quantile-sketch.ts';

/** Jobs that ended within one minute: completed, failed. */
export type EndsOfMinute = readonly [completed: number, failed: number];

export interface TypeStatistics {
  /** First and last time that anything was counted, milliseconds since 1970. */
  readonly since: number;
  readonly updated: number;
  /** First attempts that began. */
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  /** Cancelled while their handler ran. */
  readonly cancelled: number;
  /** Attempts that failed and are made again. */
  readonly retries: number;
  /** From the time a job was due to the start of its first attempt. */
  readonly wait: QuantileSketch;
  /** Run time of the attempts that completed their job. */
  readonly run: QuantileSketch;
  /** Per band of progress: how the time that was left compared with what the percentage promised, in thousandths. */
  readonly progress: Readonly<Record<string, QuantileSketch>>;
  /** Minute since 1970 → jobs that ended in it. The last hour. */
  readonly minutes: Readonly<Record<string, EndsOfMinute>>;
  readonly errors: ErrorGroups;
}

export const MINUTES_KEPT = 60;
const MINUTE_MS = 60_000;
/** Bands of progress: 0–20, 20–40 … 80–100 %. */
const PROGRESS_BANDS = 5;
/** A ratio of 1, in thousandths: the time left is what the percentage promised. */
export const RATIO_UNIT = 1000;

export function emptyType(at: number): TypeStatistics {
  return {
    since: at,
    updated: at,
    started: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    retries: 0,
    wait: EMPTY_SKETCH,
    run: EMPTY_SKETCH,
    progress: {},
    minutes: {},
    errors: {},
  };
}

/** First attempts began after these waits, and jobs were completed by attempts that took so long and told no progress. In milliseconds. */
export function withMany(
  statistics: TypeStatistics,
  { at, waitsMs, runsMs }: { at: number; waitsMs: readonly number[]; runsMs: readonly number[] },
): TypeStatistics {
  return {
    ...statistics,
    updated: at,
    started: statistics.started + waitsMs.length,
    wait: withValues(statistics.wait, waitsMs),
    completed: statistics.completed + runsMs.length,
    run: withValues(statistics.run, runsMs),
    minutes: runsMs.length === 0 ? statistics.minutes : withEnd(statistics.minutes, at, [runsMs.length, 0]),
  };
}

/** A job was completed by an attempt that took `ranMs`, and `looks` on the way. */
export function withCompletion(
  statistics: TypeStatistics,
  { at, ranMs, looks }: { at: number; ranMs: number; looks?: ProgressLooks | undefined },
): TypeStatistics {
  const progress = { ...statistics.progress };
  for (const sample of looks?.samples ?? []) {
    const band = progressBand(sample.percent);
    if (band === undefined || sample.elapsedMs >= ranMs) continue;
    const ratio = (ranMs - sample.elapsedMs) / promisedMs(sample);
    // By time: whoever looks meets a long run more often than a short one.
    progress[band] = withValue(progress[band] ?? EMPTY_SKETCH, ratio * RATIO_UNIT, looks?.weight);
  }
  return {
    ...statistics,
    updated: at,
    completed: statistics.completed + 1,
    run: withValue(statistics.run, ranMs),
    progress,
    minutes: withEnd(statistics.minutes, at, [1, 0]),
  };
}

/** An attempt failed; `isLast`: and its job with it. */
export function withFailure(statistics: TypeStatistics, { error, isLast }: { error: OneError; isLast: boolean }): TypeStatistics {
  return {
    ...statistics,
    updated: error.at,
    failed: statistics.failed + (isLast ? 1 : 0),
    retries: statistics.retries + (isLast ? 0 : 1),
    minutes: isLast ? withEnd(statistics.minutes, error.at, [0, 1]) : statistics.minutes,
    errors: withError(statistics.errors, error),
  };
}

/** A job was cancelled while its handler ran. */
export function withCancel(statistics: TypeStatistics, at: number): TypeStatistics {
  return { ...statistics, updated: at, cancelled: statistics.cancelled + 1 };
}

/** What both counted. `now` is the clock that decides which minutes are within the last hour. */
export function mergeTypes(one: TypeStatistics, other: TypeStatistics, now: number): TypeStatistics {
  const bands = [...new Set([...Object.keys(one.progress), ...Object.keys(other.progress)])];
  return {
    since: Math.min(one.since, other.since),
    updated: Math.min(now, Math.max(one.updated, other.updated)),
    started: one.started + other.started,
    completed: one.completed + other.completed,
    failed: one.failed + other.failed,
    cancelled: one.cancelled + other.cancelled,
    retries: one.retries + other.retries,
    wait: mergeSketches(one.wait, other.wait),
    run: mergeSketches(one.run, other.run),
    progress: Object.fromEntries(
      bands.map((band) => [band, mergeSketches(one.progress[band] ?? EMPTY_SKETCH, other.progress[band] ?? EMPTY_SKETCH)]),
    ),
    minutes: recentMinutes(Object.entries(other.minutes).reduce(addMinute, one.minutes), now),
    errors: mergeGroups(one.errors, other.errors),
  };
}

/** The band that a percentage is in; undefined for 0 and 100, which promise nothing. */
export function progressBand(percent: number): number | undefined {
  return percent > 0 && percent < 100 ? Math.floor((percent / 100) * PROGRESS_BANDS) : undefined;
}

/** The time left, if the rest goes as fast as what is done. */
export function promisedMs({ elapsedMs, percent }: ProgressSample): number {
  return (elapsedMs * (100 - percent)) / percent;
}

export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS);
}

function withEnd(minutes: TypeStatistics['minutes'], at: number, ends: EndsOfMinute): TypeStatistics['minutes'] {
  return addMinute(minutes, [String(minuteOf(at)), ends]);
}

function addMinute(minutes: TypeStatistics['minutes'], [minute, ends]: readonly [string, EndsOfMinute]): TypeStatistics['minutes'] {
  const [completed, failed] = minutes[minute] ?? [0, 0];
  return { ...minutes, [minute]: [completed + ends[0], failed + ends[1]] };
}

/** A worker's clock may run ahead: what it says of a minute to come is not taken for the newest. */
function recentMinutes(minutes: TypeStatistics['minutes'], now: number): TypeStatistics['minutes'] {
  const newest = minuteOf(now) + 1;
  return Object.fromEntries(
    Object.entries(minutes).filter(([minute]) => Number(minute) > newest - MINUTES_KEPT && Number(minute) <= newest),
  );
}
