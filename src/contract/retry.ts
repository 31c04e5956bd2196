/** Owns how often and when a failed attempt is tried again. Pure arithmetic; the server and the handler wrapper apply it. */
import { type Duration, MAX_DURATION_MS, toMs } from './duration.ts';
import { checkInteger, checkKeys, invalidOption } from './options.ts';

export interface RetryOptions {
  /**
   * Handler failures until the job is `failed`, the first included. 1–1000. Worker deaths and shutdowns do not count.
   * @default 3; with `intervals` one more than there are
   */
  readonly maxAttempts?: number;
  /** Wait before the second attempt. Under 1 s nothing is promised. @default '1s' */
  readonly initialInterval?: Duration;
  /** Each wait is the one before times this. 1–100. @default 2 */
  readonly backoffCoefficient?: number;
  /** No wait is longer than this. @default 100 × the initial interval, as in Temporal */
  readonly maximumInterval?: Duration;
  /** Each wait is up to this part longer, drawn anew each time, so that jobs that failed together are not tried together. 0–1. @default 0.25 */
  readonly jitter?: number;
  /**
   * The waits themselves, 1–100 of them, in the place of those that the three fields above make; after the last one it is repeated.
   * @default none
   */
  readonly intervals?: readonly Duration[];
}

/** Retry options with every default filled in and durations in milliseconds. */
export interface RetryRule {
  readonly maxAttempts: number;
  readonly initialIntervalMs: number;
  readonly backoffCoefficient: number;
  readonly maximumIntervalMs: number;
  readonly jitter: number;
  /** Absent: the waits follow from the other fields. */
  readonly intervalsMs?: readonly number[];
}

export const MAX_ATTEMPTS_LIMIT = 1000;
const DEFAULT_CAP = 100;
export const DEFAULT_RETRY: RetryRule = {
  maxAttempts: 3,
  initialIntervalMs: 1000,
  backoffCoefficient: 2,
  maximumIntervalMs: 100_000,
  jitter: 0.25,
};
const RETRY_KEYS = ['maxAttempts', 'initialInterval', 'backoffCoefficient', 'maximumInterval', 'jitter', 'intervals'];
const WAIT_KEYS = ['initialInterval', 'backoffCoefficient', 'maximumInterval'] as const;
const MAX_INTERVALS = 100;

/**
 * The rule that `options` describe, defaults filled in.
 * @throws JobError `invalid-options`
 */
export function retryRule(options: RetryOptions = {}): RetryRule {
  checkKeys(options, RETRY_KEYS, 'retry options');
  const intervalsMs = options.intervals === undefined ? undefined : checkIntervals(options.intervals);
  const usualAttempts = intervalsMs === undefined ? DEFAULT_RETRY.maxAttempts : intervalsMs.length + 1;
  const maxAttempts = checkInteger(options.maxAttempts ?? usualAttempts, 'retry.maxAttempts', { min: 1, max: MAX_ATTEMPTS_LIMIT });
  const initialIntervalMs = toMs(options.initialInterval ?? DEFAULT_RETRY.initialIntervalMs, 'retry.initialInterval');
  const backoffCoefficient = options.backoffCoefficient ?? DEFAULT_RETRY.backoffCoefficient;
  if (typeof backoffCoefficient !== 'number' || !(backoffCoefficient >= 1 && backoffCoefficient <= 100))
    throw invalidOption('retry.backoffCoefficient', 'a number from 1 to 100', backoffCoefficient);
  const maximumIntervalMs = toMs(options.maximumInterval ?? longestWait(initialIntervalMs), 'retry.maximumInterval');
  const jitter = options.jitter ?? DEFAULT_RETRY.jitter;
  if (typeof jitter !== 'number' || !(jitter >= 0 && jitter <= 1)) throw invalidOption('retry.jitter', 'a number from 0 to 1', jitter);
  if (initialIntervalMs < 1) throw invalidOption('retry.initialInterval', 'at least 1 ms', options.initialInterval);
  if (maximumIntervalMs < initialIntervalMs)
    throw invalidOption('retry.maximumInterval', 'at least retry.initialInterval', options.maximumInterval);
  const rule = { maxAttempts, initialIntervalMs, backoffCoefficient, maximumIntervalMs, jitter };
  return intervalsMs === undefined ? rule : { ...rule, intervalsMs };
}

function checkIntervals(intervals: readonly Duration[]): readonly number[] {
  if (!Array.isArray(intervals) || intervals.length === 0 || intervals.length > MAX_INTERVALS)
    throw invalidOption('retry.intervals', `a list of 1 to ${MAX_INTERVALS} durations`, intervals);
  return intervals.map((interval: Duration) => {
    const intervalMs = toMs(interval, 'each of retry.intervals');
    if (intervalMs >= 1) return intervalMs;
    throw invalidOption('each of retry.intervals', 'at least 1 ms', interval);
  });
}

/**
 * The rule with the fields that `options` give in the place of its own.
 * @throws JobError `invalid-options`
 */
export function changedRule(rule: RetryRule, options: RetryOptions): RetryRule {
  checkKeys(options, RETRY_KEYS, 'retry options');
  const { maxAttempts, initialIntervalMs, backoffCoefficient, maximumIntervalMs, jitter, intervalsMs } = rule;
  // Whoever changes how the waits are made wants none of the list.
  const isListKept = intervalsMs !== undefined && !WAIT_KEYS.some((key) => options[key] !== undefined);
  // With another list there are as many attempts as it has waits.
  const kept = options.intervals === undefined ? { maxAttempts, ...(isListKept ? { intervals: intervalsMs } : {}) } : {};
  // A longest wait that follows from the first one goes on to do so.
  const own = maximumIntervalMs === longestWait(initialIntervalMs) ? {} : { maximumInterval: maximumIntervalMs };
  return retryRule({ ...kept, initialInterval: initialIntervalMs, backoffCoefficient, jitter, ...own, ...options });
}

/** True when both say the same. */
export function isSameRule(one: RetryRule, other: RetryRule): boolean {
  return one === other || JSON.stringify(fieldsOf(one)) === JSON.stringify(fieldsOf(other));
}

function fieldsOf(rule: RetryRule): readonly unknown[] {
  const { maxAttempts, initialIntervalMs, backoffCoefficient, maximumIntervalMs, jitter, intervalsMs } = rule;
  return [maxAttempts, initialIntervalMs, backoffCoefficient, maximumIntervalMs, jitter, intervalsMs];
}

function longestWait(initialIntervalMs: number): number {
  return Math.min(DEFAULT_CAP * initialIntervalMs, MAX_DURATION_MS);
}

/**
 * Whole milliseconds to wait after the `failures`-th failed attempt (1 = the first): the interval of that number, or initial ×
 * coefficient^(failures − 1), at most the maximum.
 */
export function backoffMs(rule: RetryRule, failures: number): number {
  const { intervalsMs } = rule;
  if (intervalsMs !== undefined) return intervalsMs[Math.min(failures, intervalsMs.length) - 1] ?? rule.initialIntervalMs;
  return Math.round(Math.min(rule.initialIntervalMs * rule.backoffCoefficient ** (failures - 1), rule.maximumIntervalMs));
}

/** The wait as it is made: up to `jitter` longer than `backoffMs`. */
export function drawBackoffMs(rule: RetryRule, failures: number): number {
  return Math.round(backoffMs(rule, failures) * (1 + Math.random() * rule.jitter));
}
