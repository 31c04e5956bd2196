/** Owns the removal of finished jobs, until the server no longer knows them. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { asJobError } from '../contract/errors.ts';
import type { Temporal } from '../temporal/connection.ts';
import { describeJob, type JobInfo } from '../temporal/describe.ts';
import { deleteRun } from '../temporal/delete-job.ts';
import { listJobs } from '../temporal/visibility.ts';

export interface CleanUp {
  readonly queue: string;
  /** Jobs that ended before this time, ms since 1970. */
  readonly endedBefore: number;
}

export interface CleanUpOutcome {
  readonly removed: readonly string[];
  /** Jobs that the server still knows: it is told to remove them and takes its time. */
  readonly left: number;
}

const PAGE_SIZE = 500;
const CALLS_AT_ONCE = 25;
const POLL_MS = 250;
const GONE_WITHIN_MS = 60_000;

/** Removes the finished jobs and waits until they are gone, at most a minute. */
export async function removeEnded(temporal: Temporal, what: CleanUp): Promise<CleanUpOutcome> {
  const jobs = await endedJobs(temporal, what);
  const limit = pLimit(CALLS_AT_ONCE);
  await Promise.all(jobs.map((job) => limit(() => remove(temporal, job))));
  const left = await untilGone(temporal, what, jobs);
  await Promise.all(jobs.map((job) => limit(() => removeValues(temporal, job))));
  return { removed: jobs.map(({ id }) => id), left };
}

async function endedJobs(temporal: Temporal, { queue, endedBefore }: CleanUp): Promise<JobInfo[]> {
  const found: JobInfo[] = [];
  let pageToken: string | undefined;
  do {
    const page = await listJobs(temporal, { queue, closedBefore: endedBefore }, { size: PAGE_SIZE, token: pageToken });
    found.push(...page.jobs.filter(({ close }) => close !== 'open'));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return found;
}

/** Names the run: a job that is run again meanwhile must not lose its new run. */
async function remove(temporal: Temporal, { id, runId }: JobInfo): Promise<void> {
  try {
    await deleteRun(temporal, id, runId);
  } catch (error) {
    if (asJobError(error)?.code !== 'not-found') throw error;
  }
}

/** A job that is run again meanwhile keeps its values. */
async function removeValues(temporal: Temporal, { id }: JobInfo): Promise<void> {
  const { store } = temporal.values;
  if ((await store?.stat(id)) !== undefined && (await describeJob(temporal, id)) === undefined) await store?.delete(id);
}

/** How many are left in the end. The index forgets a job at another time than the server itself does. */
async function untilGone(temporal: Temporal, what: CleanUp, jobs: readonly JobInfo[]): Promise<number> {
  const deadline = Date.now() + GONE_WITHIN_MS;
  let left = jobs;
  while (left.length > 0) {
    const listed = new Set((await endedJobs(temporal, what)).map(({ runId }) => runId));
    const limit = pLimit(CALLS_AT_ONCE);
    const known = await Promise.all(left.map((job) => limit(async () => listed.has(job.runId) || (await isKnown(temporal, job)))));
    left = left.filter((_job, index) => known[index]);
    if (left.length > 0 && Date.now() > deadline) return left.length;
    if (left.length > 0) await sleep(POLL_MS);
  }
  return 0;
}

async function isKnown(temporal: Temporal, { id, runId }: JobInfo): Promise<boolean> {
  return (await describeJob(temporal, id, runId)) !== undefined;
}
