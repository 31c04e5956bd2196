/** Owns the schemas of what the API tells about jobs. A test holds them against the types in `contract/`. */
import { z } from 'zod';
import { anyJson, count, jobId, jobStatus, optional, priorityName, tag, tenantName, time, typeName } from './basics.ts';

export const progress = z.object({
  percent: z.number().min(0).max(100),
  message: optional(z.string()),
  done: optional(z.number()),
  total: optional(z.number()),
  unit: optional(z.string()),
});

const waitingFor = z
  .object({
    code: z.enum([
      'start-time',
      'no-worker',
      'queue',
      'handler',
      'retry',
      'turn',
      'cancel',
      'event-loop',
      'workflow-code',
      'paused',
      'unreachable',
    ]),
    sentence: z.string(),
    until: optional(time),
    since: optional(time),
    queue: optional(z.string()),
    lastSeenAt: optional(time),
    workers: optional(count),
    ahead: optional(count),
    perSecond: optional(z.number()),
    type: optional(z.string()),
    attempt: optional(count),
    maxAttempts: optional(count),
    error: optional(z.string()),
    isNonDeterministic: optional(z.boolean()),
    blockedMs: optional(z.number()),
    worker: optional(z.string()),
    by: optional(z.string()),
    reason: optional(z.string()),
  })
  .describe('Why the job is not running: a code, a sentence that names what to do next, and the facts in it');

const eta = z
  .object({ p50: time, p90: time, samples: count })
  .describe('As likely done before p50 as after; nine of ten such jobs are done by p90');

export const attemptRecord = z.object({
  attempt: count,
  outcome: z.enum(['failed', 'timed-out', 'shutdown', 'died']),
  worker: optional(z.string()),
  startedAt: optional(time),
  endedAt: optional(time),
  error: z.object({ code: z.string(), message: z.string(), stack: optional(z.string()) }),
  backoffMs: optional(z.number()),
});

const step = z.object({
  id: z.string(),
  type: z.string(),
  label: optional(z.string()),
  status: z.enum(['queued', 'processing', 'retrying', 'cancelling']),
  attempt: count,
  progress: z.nullable(progress),
});

const actionRecord = z.object({
  action: z.enum(['cancel', 'runNow', 'postpone', 'setPriority', 'retryNow', 'retry']),
  at: time,
  actor: optional(z.string()),
  reason: optional(z.string()),
  until: optional(time),
  priority: optional(priorityName),
});

const batchFacts = z
  .object({
    name: optional(z.string()),
    items: count,
    completed: count,
    failed: count,
    cancelled: count,
    running: count,
    waiting: count.describe('Those that have neither ended nor run now'),
  })
  .describe('The job is a batch: how many of its items stand how');

const summaryFields = {
  id: jobId,
  type: typeName,
  queue: z.string(),
  status: jobStatus,
  priority: priorityName,
  tags: z.array(tag).readonly(),
  key: optional(z.string().describe('Whose turn it is among the waiting')),
  tenant: optional(tenantName),
  addedAt: time,
  runAt: optional(time),
  endedAt: optional(time),
  maxAttempts: count,
  carries: optional(count.describe('The row stands for so many jobs that share a workflow')),
  carrier: optional(jobId.describe('Id of the row that it belongs to, when it shares its workflow')),
  parent: optional(jobId.describe('Id of the job that started it')),
  batch: optional(batchFacts),
};

export const failure = z.object({ code: z.string(), message: z.string() });

export const jobSummary = z.object(summaryFields);

export const jobSnapshot = z.object({
  ...summaryFields,
  version: z.number().describe('Orders the snapshots of a job: the higher is the newer'),
  attempt: count,
  progress: z.nullable(progress),
  checkpoint: optional(anyJson),
  startedAt: optional(time),
  waitingFor: z.nullable(waitingFor),
  eta: z.union([eta, z.literal('unknown'), z.null()]),
  attempts: z.array(attemptRecord).readonly(),
  worker: optional(z.string()),
  steps: z.array(step).readonly(),
  deadlineAt: optional(time),
  expiresAt: optional(time),
  input: optional(anyJson),
  actions: optional(z.array(actionRecord).readonly()),
  output: optional(anyJson),
  error: optional(failure),
  cancelReason: optional(z.string()),
  cancelledBy: optional(z.string()),
  runId: z.string(),
  run: count,
  previousRunId: optional(z.string()),
});

export const jobSnapshots = z.object({ jobs: z.array(jobSnapshot).readonly() });

export const jobList = z.object({
  jobs: z.array(jobSummary).readonly(),
  nextPageToken: optional(z.string()),
  isComplete: z
    .boolean()
    .describe('False when there may be more that match: of the open statuses but delayed, at most 500 open jobs are looked at'),
});

export const jobCounts = z.object({
  delayed: count,
  queued: count,
  processing: count,
  retrying: count,
  cancelling: count,
  completed: count,
  failed: count,
  cancelled: count,
  isExact: z.boolean().describe('True when every open job was looked at'),
  assumedQueued: count.describe('So many of queued were not looked at'),
});

/** What became of a job, or its status so far. */
export const jobResult = z.object({
  status: jobStatus,
  output: optional(anyJson.describe('The value of the handler; only when completed')),
  error: optional(failure.describe('Only when failed')),
  cancelReason: optional(z.string()),
});

export const addedJob = z.object({
  id: jobId,
  deduplicated: z.boolean().describe('True when a job of this key was there, and none was made'),
});

export const cancelOutcome = z.object({ outcome: z.enum(['requested', 'already-ended']) });
