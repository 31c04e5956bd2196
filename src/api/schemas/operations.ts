/** Owns the schemas of operations: an act on all jobs that match a filter. */
import { z } from 'zod';
import { count, errorText, jobId, jobKey, jobStatus, optional, queueName, tag, tenantName, time, typeName } from './basics.ts';
import { failure } from './jobs.ts';

/** Which jobs are meant: those that match all of it. */
export const jobFilter = z.strictObject({
  status: optional(jobStatus),
  type: optional(typeName),
  queue: optional(queueName),
  tags: optional(z.array(tag).max(20).readonly()),
  key: optional(jobKey.describe('Added with this key')),
  tenant: optional(tenantName.describe('For keys of no tenant')),
  idPrefix: optional(z.string().min(1).max(200).describe('What the id begins with')),
  addedAfter: optional(time.describe('Added at this time or later: ISO 8601 with its zone')),
  addedBefore: optional(time.describe('Added before this time: ISO 8601 with its zone')),
  error: optional(errorText),
});

export const operationAct = z.enum(['retry', 'cancel', 'delete']);

export const newOperation = z.strictObject({
  act: operationAct,
  filter: jobFilter,
  all: optional(z.boolean().describe('Has to be true for an empty filter, which matches every job')),
  reason: optional(z.string().min(1).max(500)),
});

export const operation = z.object({
  id: z.string(),
  act: operationAct,
  filter: jobFilter,
  status: z.enum(['running', 'aborting', 'aborted', 'completed', 'failed']),
  matching: count.describe('Jobs that matched when it was begun'),
  done: count.describe('Jobs that it has acted on, those it could not included'),
  succeeded: count,
  skipped: count.describe('Jobs that had ended, or were in another status, when their turn came'),
  failed: count,
  actor: z.string(),
  reason: optional(z.string()),
  startedAt: time,
  endedAt: optional(time),
  error: optional(failure.describe('Why it stopped before its end')),
});

export const operationList = z.object({ operations: z.array(operation).readonly() });

/** A line of an operation's results. */
export const operationResult = z.object({
  id: jobId,
  outcome: z.enum(['succeeded', 'skipped', 'failed']),
  code: optional(z.string()),
  message: optional(z.string()),
});
