/** Owns the schemas of batches: what is sent to add one, and what is told of its items. */
import { z } from 'zod';
import { addOptions } from './adding.ts';
import { anyJson, count, optional, time, typeName } from './basics.ts';
import { attemptRecord, failure, progress } from './jobs.ts';
import { digits, limit } from './parameters.ts';

const MAX_ITEMS = 1_000_000;
const MAX_OPTIONS_LENGTH = 10_000;

const batchAddOptions = addOptions.omit({ deadline: true, expiresIn: true, dedupeKey: true, dedupeWindow: true, onDuplicate: true });

/** A JSON document in a query. */
const optionsText = z
  .string()
  .max(MAX_OPTIONS_LENGTH)
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'Expected JSON' });
      return z.NEVER;
    }
  })
  .pipe(batchAddOptions);

/** It stands in the query, since the body is the items. */
export const newBatch = z.strictObject({
  type: typeName,
  name: optional(z.string().min(1).max(200).describe('What people call it')),
  concurrency: optional(digits({ min: 1, max: 10_000 }).describe('Items that run at the same time in all')),
  onItemFailure: optional(
    z.enum(['continue', 'stop', 'cancel-rest']).describe('What an item that fails for good means to the others; continue unless told'),
  ),
  options: optional(optionsText.describe('JSON: as of a job, but for keys of single jobs, deadline and expiresIn')),
});

export const newBatchInputs = z.custom<AsyncIterable<unknown>>().describe('The input of one item');

export const itemStatus = z.enum(['queued', 'processing', 'retrying', 'completed', 'failed', 'cancelled']);

export const batchItem = z.object({
  index: count.describe('Its place in the batch, from 0'),
  status: itemStatus,
  input: optional(anyJson),
  output: optional(anyJson.describe('Only when completed')),
  error: optional(failure.describe('Only when failed')),
  attempt: count,
  attempts: z.array(attemptRecord).readonly(),
  progress: z.nullable(progress),
  startedAt: optional(time),
  endedAt: optional(time),
  dueAt: optional(time.describe('When it is tried again')),
  worker: optional(z.string()),
});

export const batchItems = z.object({
  items: z.array(batchItem).readonly(),
  next: optional(count.describe('Give it as from for the next page; absent on the last one')),
});

export const listingItems = z.strictObject({
  status: optional(itemStatus),
  from: optional(digits({ min: 0, max: MAX_ITEMS }).describe('The first item that is looked at')),
  limit,
});
