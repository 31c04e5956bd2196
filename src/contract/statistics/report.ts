/** Owns the shape of what `stats()` tells, and how it is made of what was counted. Pure. */
import { HOURS_KEPT, hourOf } from './error-groups.ts';
import { countOf, type QuantileSketch, quantilesBeyond } from './quantile-sketch.ts';
import { type EndsOfMinute, minuteOf, MINUTES_KEPT, type TypeStatistics } from './type-statistics.ts';

/** One figure, and what it is worth. */
export interface Figure {
  /** Null: there is nothing to tell it from. */
  readonly value: number | null;
  /** What it was told from. */
  readonly samples: number;
  /** Nothing that happened later is in it. ISO 8601. */
  readonly asOf: string;
  /** False: it was counted. */
  readonly isEstimate: boolean;
}

/** Quantiles of durations, in milliseconds: half, 95 % and 99 % of them are not longer. Null without samples. */
export interface Durations {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly samples: number;
  readonly asOf: string;
  /** Always true: each is within 2 % of the true one, as a rule. */
  readonly isEstimate: boolean;
}

/** Errors that mean the same. */
export interface FailureGroup {
  readonly code: string;
  /** The message with `<…>` in place of what differs from job to job. */
  readonly pattern: string;
  /** Attempts that failed so. */
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Those in each of the last 24 hours, by the clock's hours in UTC, oldest first; the last one is under way. */
  readonly perHour: readonly number[];
  /** The newest one: its job, and at most 200 characters of its message. */
  readonly example: { readonly jobId: string; readonly message: string };
}

/** What the workers of a queue did with the jobs of one type. */
export interface TypeReport {
  readonly type: string;
  readonly queue: string;
  /** Counted since then. */
  readonly since: string;
  /** All that workers reported until then; a worker reports within 10 s. */
  readonly asOf: string;
  /** Jobs whose first attempt began. */
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  /** Cancelled while their handler ran. */
  readonly cancelled: number;
  /** Attempts that failed and were made again. */
  readonly retries: number;
  /** Jobs that ended, completed or failed, in each of the last 60 minutes, oldest first; the last one is under way. */
  readonly perMinute: readonly number[];
  /** Those of them that failed. */
  readonly failedPerMinute: readonly number[];
  /** Part of the jobs that ended in the last hour and were completed, 0–1. */
  readonly successRate: Figure;
  /** From the time a job was due to the start of its first attempt. */
  readonly waitMs: Durations;
  /** Run time of the attempts that completed their job. */
  readonly runMs: Durations;
  /** At most 50, the most frequent first. */
  readonly failures: readonly FailureGroup[];
}

/** A queue at this moment. */
export interface QueueReport {
  readonly queue: string;
  /** Handler calls and new jobs that wait for a worker. */
  readonly waiting: Figure;
  /** How long the one that waits longest has waited, in milliseconds. */
  readonly oldestWaitingMs: Figure;
}

/** One process that serves queues, as it last told the server: every 2 s. */
export interface WorkerReport {
  /** As in `attempts[].worker` and `worker` of a snapshot. */
  readonly identity: string;
  readonly host: string;
  /** Of the package `holdfast`; absent where another program serves the queue. */
  readonly version?: string;
  readonly startedAt: string;
  readonly lastSeenAt: string;
  /** `silent`: not heard of for 10 s, so it is probably gone. */
  readonly status: 'running' | 'shutting-down' | 'silent';
  readonly queues: readonly { readonly queue: string; readonly busy: number; readonly free: number }[];
}

export interface JobStatistics {
  readonly types: readonly TypeReport[];
  readonly queues: readonly QueueReport[];
  /** `unknown` where the Temporal server does not list workers. */
  readonly workers: readonly WorkerReport[] | 'unknown';
}

/** What is told of a type, from what was read of it at `asOfMs`. */
export function typeReport(type: string, queue: string, { counted, asOfMs }: { counted: TypeStatistics; asOfMs: number }): TypeReport {
  const asOf = isoTime(asOfMs);
  const { started, completed, failed, cancelled, retries } = counted;
  const lastHour = minutesOf(counted, asOfMs);
  const ended = lastHour.reduce((sum, ends) => sum + ends[0] + ends[1], 0);
  const succeeded = lastHour.reduce((sum, ends) => sum + ends[0], 0);
  return {
    type,
    queue,
    since: isoTime(counted.since),
    asOf,
    started,
    completed,
    failed,
    cancelled,
    retries,
    perMinute: lastHour.map((ends) => ends[0] + ends[1]),
    failedPerMinute: lastHour.map((ends) => ends[1]),
    successRate: { value: ended === 0 ? null : succeeded / ended, samples: ended, asOf, isEstimate: false },
    waitMs: durations(counted.wait, asOf),
    runMs: durations(counted.run, asOf),
    failures: failureGroups(counted, asOfMs),
  };
}

/** The last hour, oldest minute first. */
function minutesOf({ minutes }: TypeStatistics, now: number): EndsOfMinute[] {
  const first = minuteOf(now) - MINUTES_KEPT + 1;
  return Array.from({ length: MINUTES_KEPT }, (_none, index) => minutes[first + index] ?? [0, 0]);
}

function durations(sketch: QuantileSketch, asOf: string): Durations {
  const [p50 = null, p95 = null, p99 = null] = quantilesBeyond(sketch, 0, [0.5, 0.95, 0.99]).values.map(Math.round);
  return { p50, p95, p99, samples: countOf(sketch), asOf, isEstimate: true };
}

function failureGroups({ errors }: TypeStatistics, now: number): FailureGroup[] {
  const first = hourOf(now) - HOURS_KEPT + 1;
  return Object.values(errors)
    .toSorted((one, other) => other.count - one.count)
    .map(({ code, pattern, count, firstAt, lastAt, jobId, message, hours = {} }) => ({
      code,
      pattern,
      count,
      firstAt: isoTime(firstAt),
      lastAt: isoTime(lastAt),
      perHour: Array.from({ length: HOURS_KEPT }, (_none, index) => hours[first + index] ?? 0),
      example: { jobId, message },
    }));
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
