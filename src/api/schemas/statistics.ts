/** Owns the schemas of statistics, queues, workers, errors. A test holds them against the types in `contract/`. */
import { z } from 'zod';
import { count, optional, time } from './basics.ts';

const figure = z.object({ value: z.nullable(z.number()), samples: count, asOf: time, isEstimate: z.boolean() });

const durations = z
  .object({
    p50: z.nullable(z.number()),
    p95: z.nullable(z.number()),
    p99: z.nullable(z.number()),
    samples: count,
    asOf: time,
    isEstimate: z.boolean(),
  })
  .describe('Milliseconds');

const failureGroup = z.object({
  code: z.string(),
  pattern: z.string().describe('The message with <…> in place of what differs from job to job'),
  count,
  firstAt: time,
  lastAt: time,
  perHour: z.array(count).readonly().describe('In each of the last 24 hours of the clock (UTC), oldest first; the last one is under way'),
  example: z.object({ jobId: z.string(), message: z.string() }),
});

export const typeReport = z.object({
  type: z.string(),
  queue: z.string(),
  since: time,
  asOf: time,
  started: count,
  completed: count,
  failed: count,
  cancelled: count,
  retries: count,
  perMinute: z.array(count).readonly(),
  failedPerMinute: z.array(count).readonly(),
  successRate: figure,
  waitMs: durations,
  runMs: durations,
  failures: z.array(failureGroup).readonly(),
});

export const queueReport = z.object({ queue: z.string(), waiting: figure, oldestWaitingMs: figure });

export const workerReport = z.object({
  identity: z.string(),
  host: z.string(),
  version: optional(z.string()),
  startedAt: time,
  lastSeenAt: time,
  status: z.enum(['running', 'shutting-down', 'silent']),
  queues: z.array(z.object({ queue: z.string(), busy: z.number(), free: z.number() })).readonly(),
});

const workerReports = z.union([z.array(workerReport).readonly(), z.literal('unknown')]);

export const jobStatistics = z.object({
  types: z.array(typeReport).readonly(),
  queues: z.array(queueReport).readonly(),
  workers: workerReports.describe('"unknown" where the Temporal server does not list workers'),
});

export const queueList = z.object({ queues: z.array(queueReport).readonly() });

export const workerList = z.object({ workers: workerReports });

export const errorList = z.object({
  errors: z.array(z.object({ type: z.string(), queue: z.string(), ...failureGroup.shape })).readonly(),
});
