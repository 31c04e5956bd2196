/**
 * Owns the errors by which a handler says what is to follow: another attempt after a time of its choice, or none.
 * They are recognised by name, since a handler may have them from another copy of the package.
 */
import { type Duration, formatMs, MAX_DURATION_MS, toMs } from '../contract/duration.ts';
import { fieldOf } from '../contract/errors.ts';

/**
 * Thrown by a handler: this attempt has failed, and the next one starts after `duration` instead of the retry rule's wait.
 * It uses up an attempt like any other failure.
 * @throws JobError `invalid-options` when the duration is none
 * @example throw new RetryAfter(`${answer.headers.get('retry-after')}s`, 'The shop asks to wait.');
 */
export class RetryAfter extends Error {
  /** Milliseconds. */
  readonly waitMs: number;

  constructor(duration: Duration, message?: string) {
    const waitMs = toMs(duration, 'the duration of RetryAfter');
    super(message ?? `The handler asked to be called again after ${formatMs(waitMs)}.`);
    this.name = 'RetryAfter';
    this.waitMs = waitMs;
  }
}

export interface NonRetryableOptions {
  /** Code of the job's error, 1–100 characters. @default 'handler-failed' */
  readonly code?: string;
  /** The error below this one. */
  readonly cause?: unknown;
}

/**
 * Thrown by a handler: no further attempt helps, the job is `failed` now.
 * @example throw new NonRetryable(`There is no order ${id}.`, { code: 'E_NO_ORDER' });
 */
export class NonRetryable extends Error {
  readonly code: string;

  constructor(message: string, { code = 'handler-failed', cause }: NonRetryableOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NonRetryable';
    this.code = code;
  }
}

/**
 * Thrown by a shipped handler before it has done anything: what it needs is taken, its place is better used by another job.
 * It uses up no attempt. The field calls it a snooze.
 */
export class Snooze extends Error {
  /** Milliseconds. */
  readonly waitMs: number;

  constructor(waitMs: number, message: string) {
    super(message);
    this.name = 'Snooze';
    this.waitMs = waitMs;
  }
}

/** The wait that a handler asked for, in milliseconds; undefined when it asked for none. */
export function askedWaitMs(error: unknown): number | undefined {
  const waitMs = fieldOf(error, 'name') === 'RetryAfter' ? fieldOf(error, 'waitMs') : undefined;
  return typeof waitMs === 'number' && waitMs >= 0 && waitMs <= MAX_DURATION_MS ? waitMs : undefined;
}

/** True when a handler said that no further attempt helps. */
export function isNonRetryable(error: unknown): boolean {
  return fieldOf(error, 'name') === 'NonRetryable';
}
