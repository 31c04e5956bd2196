/** Owns what `addJob` and `new Job` can be told about one job, and its translation to the options of the typed API. */
import type { AddOptions } from '../contract/add-options.ts';
import { MAX_DURATION_MS, MAX_TIMEOUT_MS } from '../contract/duration.ts';
import { checkInteger, checkKeys, invalidOption } from '../contract/options.ts';
import { DEFAULT_RETRY, MAX_ATTEMPTS_LIMIT } from '../contract/retry.ts';

export interface JobOptions {
  /** A whole number: ≥ 10 highest, 1 to 9 high, 0 normal, −1 to −9 low, ≤ −10 lowest. @default 0 */
  readonly priority?: number | undefined;
  /** Failed attempts until the job is `failed`, 1–1000. Waits between them: 1 s, doubled each time. @default 3 */
  readonly maxAttempts?: number | undefined;
  /** Not before this many milliseconds from now. @default 0 */
  readonly delay?: number | undefined;
  /** Longest time for one attempt in milliseconds, at most 24 days; then it counts as failed. @default 3 600 000 (1 hour) */
  readonly timeout?: number | undefined;
}

const ANY_INTEGER = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };

/** The same options in the terms of the typed API, with `maxAttempts` always there. @throws JobError `invalid-options` */
export function addOptionsOf(options: JobOptions = {}): AddOptions & { readonly maxAttempts: number } {
  checkKeys(options, ['priority', 'maxAttempts', 'delay', 'timeout'], 'job options');
  const { priority, maxAttempts = DEFAULT_RETRY.maxAttempts, delay, timeout } = options;
  return {
    maxAttempts: checkInteger(maxAttempts, 'maxAttempts', { min: 1, max: MAX_ATTEMPTS_LIMIT }),
    ...(priority === undefined ? {} : { priority: checkInteger(priority, 'priority', ANY_INTEGER) }),
    ...(delay === undefined ? {} : { delay: checkMs(delay, 'delay') }),
    ...(timeout === undefined ? {} : { timeout: checkMs(timeout, 'timeout', { min: 1, max: MAX_TIMEOUT_MS }) }),
  };
}

/** A number of milliseconds, from 0 to 10 years unless `limits` say otherwise, or `invalid-options`. */
export function checkMs(value: unknown, name: string, { min, max } = { min: 0, max: MAX_DURATION_MS }): number {
  if (typeof value === 'number' && value >= min && value <= max) return Math.ceil(value);
  throw invalidOption(name, `a number of milliseconds from ${min} to ${max}`, value);
}
