/** Owns the schemas of what stands in paths and queries. All of it arrives as text. */
import { z } from 'zod';
import { errorText, jobId, jobKey, jobStatus, optional, queueName, tag, tenantName, time, typeName } from './basics.ts';

const MAX_LIMIT = 500;
const MAX_WAIT = 60;

/** A whole number written in digits. */
export function digits({ min, max }: { readonly min: number; readonly max: number }): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,9}$/, 'Expected digits')
    .transform(Number)
    .pipe(z.int().min(min).max(max));
}

/** One value, or several: `tag=a&tag=b`. */
const tags = z.union([tag.transform((one) => [one]), z.array(tag).max(20)]);

export const byJob = z.strictObject({ id: jobId });
const MOST_IDS = 50;
export const byJobs = z.strictObject({
  id: z.union([jobId.transform((one) => [one]), z.array(jobId).max(MOST_IDS)]).describe(`May be repeated, up to ${MOST_IDS} times`),
});
export const byQueue = z.strictObject({ queue: queueName });
export const byType = z.strictObject({ type: typeName });
export const byId = z.strictObject({ id: z.string().min(1).max(100) });

/** Jobs that match all of it. */
const filterFields = {
  status: optional(jobStatus),
  type: optional(typeName),
  queue: optional(queueName),
  tag: optional(tags.describe('A job has all of them; may be repeated')),
  key: optional(jobKey.describe('Added with this key')),
  tenant: optional(tenantName.describe('For keys of no tenant; those of one see its jobs alone')),
  idPrefix: optional(z.string().min(1).max(200).describe('What the id begins with')),
  addedAfter: optional(time.describe('Added at this time or later')),
  addedBefore: optional(time.describe('Added before this time')),
  error: optional(errorText),
  parent: optional(jobId.describe('Started by this job')),
  batch: optional(
    z
      .literal('true')
      .transform((): true => true)
      .describe('Only batches'),
  ),
};
const { status: _status, ...fieldsOfCount } = filterFields;
const { addedAfter: _after, addedBefore: _before, ...fieldsOfEvents } = filterFields;

export const limit = optional(digits({ min: 1, max: MAX_LIMIT }).describe(`Rows of a page, 1–${MAX_LIMIT}; 50 unless told`));

export const listing = z.strictObject({
  ...filterFields,
  limit,
  pageToken: optional(z.string().min(1).max(10_000).describe('nextPageToken of the page before')),
});

export const counting = z.strictObject(fieldsOfCount);

export const following = z.strictObject(fieldsOfEvents);

export const reporting = z.strictObject({ type: optional(typeName), queue: optional(queueName) });

export const waiting = z.strictObject({
  wait: optional(digits({ min: 0, max: MAX_WAIT }).describe(`Seconds to wait for the end of the job, 0–${MAX_WAIT}; 0 unless told`)),
});

export const auditing = z.strictObject({
  limit,
  before: optional(time),
  job: optional(jobId),
  actor: optional(z.string().min(1).max(200)),
  act: optional(z.string().min(1).max(100)),
});

export const resultPage = z.strictObject({
  outcome: optional(z.enum(['succeeded', 'skipped', 'failed'])),
});

export const signed = z.strictObject({ token: z.string().min(1).max(4000) });
