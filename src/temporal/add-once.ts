/**
 * Owns the adding of a job with a dedupe key: adds of one key and type make one job, whoever is faster.
 *
 * 1. The server decides: the job's id comes from its key, and a second start of an id is refused, also after its end.
 * 2. When the window is over, a new run of the same id is started. Its request id names the run before it, so that of
 *    several that do so at once one starts it and the others are given the same run, even when it has ended by then.
 * 3. The memo keeps a digest of the input, to tell a duplicate from another job that was given the same key.
 */
import { randomUUID } from 'node:crypto';
import type { DedupePlan } from '../contract/dedupe.ts';
import { formatMs } from '../contract/duration.ts';
import { JobError } from '../contract/errors.ts';
import type { JobStatus } from '../contract/snapshot.ts';
import type { Temporal } from './connection.ts';
import { describeJob, type JobDescription } from './describe.ts';
import { inputHash } from './input-hash.ts';
import { isoTime } from './protocol.ts';
import { retentionMs } from './retention.ts';
import { type NewJob, startJob } from './start-job.ts';
import { statusOf } from './status.ts';

export interface KeyedJob extends NewJob {
  /** The input itself, whatever travels for it. */
  readonly value: unknown;
}

const DEFAULT_WINDOW_MS = 86_400_000;
/** The job that is there may end and be removed between two looks, but not again and again. */
export const MOST_TRIES = 5;

/**
 * Adds the job unless there is one. `isNew`: this call made it.
 * @throws JobError `duplicate`; `invalid-options` for a window that is longer than finished jobs are kept
 */
export async function addOnce(temporal: Temporal, job: KeyedJob, dedupe: DedupePlan): Promise<{ readonly isNew: boolean }> {
  const windowMs = await checkedWindow(temporal, dedupe);
  const marks = { inputHash: inputHash(job.value), addId: randomUUID() };
  const marked: NewJob = { ...job, memo: marks };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (await isStarted(temporal, { ...marked, policy: { reuse: 'REJECT_DUPLICATE' } })) return { isNew: true };
    const before = await describeJob(temporal, job.id);
    if (before === undefined) continue;
    const isOver = before.close !== 'open' && before.firstAddedMs + windowMs <= Date.now();
    const existing = isOver ? await startAgain(temporal, marked, before) : before;
    if (existing === undefined) continue;
    if (existing.memo?.addId === marks.addId) return { isNew: true };
    checkDuplicate(existing, { job, hash: marks.inputHash, isRejected: dedupe.isRejected });
    return { isNew: false };
  }
  throw removedAgain(job.id);
}

/** The error for a job that is never there when it is looked at, and always there when it is to be started. */
export function removedAgain(id: string): JobError {
  return new JobError('overloaded', `The job "${id}" was removed and added again all the time. Try again later.`);
}

async function checkedWindow(temporal: Temporal, { windowMs }: DedupePlan): Promise<number> {
  const keptMs = await retentionMs(temporal);
  if (windowMs === undefined) return Math.min(DEFAULT_WINDOW_MS, keptMs);
  if (windowMs <= keptMs) return windowMs;
  throw new JobError(
    'invalid-options',
    `Expected dedupeWindow to be at most the ${formatMs(keptMs)} that the namespace "${temporal.namespace}" keeps finished jobs, got: ${formatMs(windowMs)}. Shorten it, or lengthen the retention of the namespace.`,
    { details: { option: 'dedupeWindow', windowMs, retentionMs: keptMs } },
  );
}

/** False when there is a job of this id that the policy does not let a second start beside. */
export async function isStarted(temporal: Temporal, job: NewJob): Promise<boolean> {
  try {
    await startJob(temporal, job);
    return true;
  } catch (error) {
    if (error instanceof JobError && error.code === 'conflict') return false;
    throw error;
  }
}

/** The run after `before`, whoever starts it; undefined when there is none of this id any more. */
async function startAgain(temporal: Temporal, job: NewJob, before: JobDescription): Promise<JobDescription | undefined> {
  const policy = { reuse: 'ALLOW_DUPLICATE', requestId: `after-${before.runId}` } as const;
  const memo = { ...job.memo, run: before.run + 1, previousRunId: before.runId };
  await isStarted(temporal, { ...job, policy, memo });
  return await describeJob(temporal, job.id);
}

interface Asked {
  readonly job: NewJob;
  readonly hash: string;
  readonly isRejected: boolean;
}

function checkDuplicate(existing: JobDescription, { job, hash, isRejected }: Asked): void {
  const status = statusOf(existing, Date.now());
  if (existing.type !== job.type) throw duplicate(existing, status, `is of the type "${existing.type}", not "${job.type}"`);
  const existingHash = existing.memo?.inputHash;
  if (existingHash !== undefined && existingHash !== hash)
    throw duplicate(existing, status, 'has another input. Give a job with another input another key');
  if (isRejected) throw duplicate(existing, status, 'has the same input, and duplicates are rejected');
}

function duplicate({ id, firstAddedMs, type }: JobDescription, status: JobStatus, what: string): JobError {
  const addedAt = isoTime(firstAddedMs);
  return new JobError('duplicate', `The job "${id}", added at ${addedAt} and ${status}, ${what}.`, {
    details: { id, type, status, addedAt },
  });
}
