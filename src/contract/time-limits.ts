/** Owns the time limits of a whole job, `deadline` and `expiresIn`: what they may be, and how long the server lets a job live. */
import { formatMs, MAX_DURATION_MS, toMs } from './duration.ts';
import { JobError } from './errors.ts';
import { invalidOption } from './options.ts';

/** The limits of a whole job in milliseconds, counted from the time it was due. */
export interface TimeLimits {
  readonly deadlineMs?: number;
  readonly expiresInMs?: number;
}

/** What decides how long the server lets a job live. */
interface LimitedJob extends TimeLimits {
  readonly steps?: true;
  readonly cleanUpMs?: number;
  readonly notify?: readonly unknown[];
}

const SHORTEST_MS = 1000;
/** Of a job with clean-up or notices, or of several steps: they come after the deadline. When no worker is up to do it, the server ends the job after this. */
const CLEAN_UP_MARGIN_MS = 86_400_000;

/** Milliseconds of a job's `deadline` or `expiresIn`, or `invalid-options`. */
export function checkTimeLimit(value: unknown, name: 'deadline' | 'expiresIn'): number {
  const limitMs = toMs(value, name);
  if (limitMs >= SHORTEST_MS && limitMs <= MAX_DURATION_MS) return limitMs;
  throw invalidOption(name, 'between 1 s and 10 years', value);
}

/** After what time the server ends a job by itself, with no worker up; undefined: never. */
export function runTimeoutMs({ deadlineMs, steps, cleanUpMs, notify }: LimitedJob): number | undefined {
  if (deadlineMs === undefined) return undefined;
  return steps === true || cleanUpMs !== undefined || notify !== undefined ? deadlineMs + CLEAN_UP_MARGIN_MS : deadlineMs;
}

/** The error of a job that was not done in time. */
export function deadlineError(deadlineMs: number, more = ''): JobError {
  return new JobError('deadline-exceeded', `The job was not done within its deadline of ${formatMs(deadlineMs)}.${more}`, {
    details: { deadlineMs },
  });
}

/** The error of a job that no handler was called for in time. */
export function expiredError(expiresInMs: number): JobError {
  return new JobError('expired', `The job was not started within ${formatMs(expiresInMs)}, the longest wait that it was given.`, {
    details: { expiresInMs },
  });
}
