/** Owns when a job may start: a delay or a time, and the instants that people write. Does not know who holds the job back. */
import { type Duration, formatMs, MAX_DURATION_MS, toMs } from './duration.ts';
import { JobError } from './errors.ts';
import { invalidOption } from './options.ts';

/** A point in time: a `Date`, or an ISO 8601 text with its zone such as `'2026-12-24T18:00:00Z'`. */
export type Instant = Date | string;

const ISO_WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970 of an instant that people wrote, at most 10 years from `now`. @throws JobError `invalid-options` */
export function instantOf(value: unknown, name: string, now: number): number {
  const isText = typeof value === 'string' && ISO_WITH_ZONE.test(value);
  const instant = value instanceof Date ? value.getTime() : isText ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(instant)) throw invalidOption(name, 'a Date, or an ISO 8601 text with its zone such as "2026-12-24T18:00:00Z"', value);
  if (instant - now > MAX_DURATION_MS) throw invalidOption(name, 'at most 10 years from now', value);
  return instant;
}

/** The time that a job is postponed to, ms since 1970; a past one is now. @throws JobError `invalid-options` */
export function dueOf({ until, delay }: { readonly until?: Instant; readonly delay?: Duration }, now: number): number {
  if ((until === undefined) === (delay === undefined)) throw new JobError('invalid-options', 'Expected one of until and delay.');
  return until === undefined ? now + toMs(delay, 'delay') : Math.max(now, instantOf(until, 'until', now));
}

/** How long a job is held back, in milliseconds: the delay, or what is left until `runAt`; 0 for a time that is past. */
export function delayOf({ delay, runAt }: { readonly delay?: Duration; readonly runAt?: Instant }, now: number): number {
  if (delay !== undefined && runAt !== undefined)
    throw new JobError('invalid-options', `Expected delay or runAt, got both: ${formatMs(toMs(delay, 'delay'))} and ${String(runAt)}.`);
  if (runAt !== undefined) return Math.max(0, Math.ceil(instantOf(runAt, 'runAt', now) - now));
  return delay === undefined ? 0 : toMs(delay, 'delay');
}
