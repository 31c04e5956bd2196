/** Owns the schemas of what is sent to add jobs and to act on one. What the values mean is checked by `contract/`. */
import { z } from 'zod';
import { jobKey, anyJson, duration, optional, priority, queueName, tag, tenantName, terminalStatus, time, typeName } from './basics.ts';
import { addedJob } from './jobs.ts';

const retry = z.strictObject({
  maxAttempts: optional(z.int().min(1).max(1000)),
  initialInterval: optional(duration),
  backoffCoefficient: optional(z.number().min(1)),
  maximumInterval: optional(duration),
  jitter: optional(z.number().min(0).max(1)),
  intervals: optional(z.array(duration).max(1000).readonly()),
});

const notice = z.strictObject({
  on: optional(z.union([terminalStatus, z.literal('any'), z.array(terminalStatus).readonly()])),
  webhook: optional(z.strictObject({ url: z.string(), secret: optional(z.string()) })),
  email: optional(
    z.strictObject({
      to: z.union([z.string(), z.array(z.string()).readonly()]),
      server: optional(z.string()),
      template: optional(z.string()),
    }),
  ),
  queue: optional(queueName),
});

/** As `add` of the client takes them; the idempotency key comes from its header. */
export const addOptions = z.strictObject({
  delay: optional(duration.describe('Not before this long from now')),
  runAt: optional(time.describe('Not before this time; not together with delay')),
  priority: optional(priority),
  key: optional(jobKey.describe('Whose turn it is: jobs of different keys and one priority take turns')),
  maxAttempts: optional(z.int().min(1).max(1000)),
  retry: optional(retry),
  timeout: optional(duration.describe('Longest time for one attempt')),
  deadline: optional(duration.describe('Longest time for the whole job')),
  expiresIn: optional(duration.describe('Longest wait for a worker')),
  notify: optional(z.union([notice, z.array(notice).max(5).readonly()])),
  tags: optional(z.array(tag).max(20).readonly()),
  queue: optional(queueName),
  tenant: optional(tenantName.describe('For keys of no tenant; what those of one add is its own')),
  dedupeKey: optional(z.string().min(1).max(200)),
  dedupeWindow: optional(duration),
  onDuplicate: optional(z.enum(['return', 'reject'])),
});

export const newJob = z.strictObject({
  type: typeName,
  input: optional(anyJson.describe('By the schema of the job type')),
  options: optional(addOptions),
});

/** Jobs of one request. */
export const MAX_MANY = 100;

export const manyNewJobs = z.strictObject({ jobs: z.array(newJob).min(1).max(MAX_MANY) });

export const manyAddedJobs = z.object({
  jobs: z
    .array(z.union([addedJob, z.object({ error: z.object({ code: z.string(), message: z.string() }) })]))
    .readonly()
    .describe('In the order of the request: the job, or why there is none'),
});

const noteFields = {
  reason: optional(z.string().min(1).max(500).describe('Kept in the record of the job')),
  actor: optional(
    z.string().min(1).max(200).describe('On whose behalf; the name of the key unless told. The audit log has the key in any case'),
  ),
};

/** What can be said with an act by hand. */
export const note = z.strictObject(noteFields);

export const postponing = z.strictObject({ ...noteFields, until: optional(time), delay: optional(duration) });

export const prioritising = z.strictObject({ ...noteFields, priority });

export const retrying = z.strictObject({
  ...noteFields,
  input: optional(anyJson.describe('Another input')),
  from: optional(z.enum(['checkpoint', 'start'])),
});
