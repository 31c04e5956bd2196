/** Owns reading: one job whole, a page of jobs, counts. Puts together describe, history and the index. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { ActionRecord } from '../contract/actions.ts';
import { etaOf } from '../contract/eta.ts';
import { type Instant, instantOf } from '../contract/start-time.ts';
import type { JobSnapshot, JobStatus, JobSummary } from '../contract/snapshot.ts';
import { isTerminal, OPEN_STATUSES, TERMINAL_STATUSES } from '../contract/snapshot.ts';
import { tenantPrefix } from '../contract/tenant.ts';
import { countCarried, openCounts } from './carried/carried-counts.ts';
import { carriedRows, carrierOfPrefix, pageOf } from './carried/list-carried.ts';
import type { ToldJob } from './carried/carried-job.ts';
import type { Temporal } from './connection.ts';
import { type CloseStatus, describeJob, type JobDescription, type JobInfo } from './describe.ts';
import { type JobEnding, readEnding } from './ending.ts';
import { listEnded } from './ended-jobs.ts';
import { countFailedWith, listFailedWith } from './failed-jobs.ts';
import { type FirstEvents, readFirstEvents } from './first-events.ts';
import { findJob } from './find-job.ts';
import { newestRuns } from './newest-runs.ts';
import { isoTime } from './protocol.ts';
import type { QueueStates } from './queues.ts';
import { listOpenJobs } from './open-jobs.ts';
import { type SnapshotFacts, snapshotOf, summaryOf } from './snapshot.ts';
import type { StatisticsReader } from './statistics.ts';
import { closedStatus, hasEnded, statusOf } from './status.ts';
import { countDelayed, countJobs, type JobQuery, listJobs } from './visibility.ts';
import { readWaitFacts } from './wait-facts.ts';

const DESCRIBES_AT_ONCE = 25;

export interface JobFilter {
  readonly status?: JobStatus;
  readonly type?: string;
  readonly queue?: string;
  /** Jobs that have all of these. */
  readonly tags?: readonly string[];
  /** Jobs that were added with this key, or for this tenant with no other. */
  readonly key?: string;
  /** Jobs that were added for this tenant. */
  readonly tenant?: string;
  /** What the id begins with: 1–200 characters. */
  readonly idPrefix?: string;
  /** Added at this time or later. */
  readonly addedAfter?: Instant;
  /** Added before this time. */
  readonly addedBefore?: Instant;
  /**
   * Jobs that failed with it: an error code, or a part of the message in which `<number>`, `<id>`, `<url>` and the like may stand for
   * what differs from job to job. 1–400 characters, with no status but `failed`. The errors are read from the jobs, newest first: 500
   * of them for a page, which may be short and have a next one, and 2 000 for a count.
   */
  readonly error?: string;
  /** Only batches. */
  readonly batch?: true;
  /** Jobs that this one has started. */
  readonly parent?: string;
}

export interface JobList {
  /** Newest first. */
  readonly jobs: readonly JobSummary[];
  /** Give it to the next call for the next page; absent on the last one. */
  readonly nextPageToken?: string;
  /** False when there may be more that match: for the open statuses but `delayed`, 500 open jobs at most are looked at, the oldest and the newest. */
  readonly isComplete: boolean;
}

export interface JobCounts extends Readonly<Record<JobStatus, number>> {
  /** True when every open job was looked at: up to 500 are, of more the oldest and the newest. With an error: when every failed one was. */
  readonly isExact: boolean;
  /** So many of `queued` were not looked at: they are neither among the oldest, which workers take first, nor among the newest. */
  readonly assumedQueued: number;
}

/** What a job is read with. */
export interface JobReading {
  readonly temporal: Temporal;
  readonly queues: QueueStates;
  readonly statistics: StatisticsReader;
}

const LOOK_AGAIN_MS = 50;
const MOST_LOOKS = 20;

/** Everything about a job; undefined when there is none of this id. */
export async function readJob(
  { temporal, queues, statistics }: JobReading,
  id: string,
  parts: { input: boolean; looks?: number },
): Promise<JobSnapshot | undefined> {
  const found = await findJob(temporal, id);
  if (found === undefined) return undefined;
  const { job, carried } = found;
  if (carried !== undefined) return await readCarried({ temporal, queues, statistics }, carried, parts);
  const [ending, first, wait, counted] = await Promise.all([
    hasEnded(job) || job.isCancelRequested ? readEnding(temporal, job) : undefined,
    parts.input ? readFirstEvents(temporal, job, isUntouched(job) ? 1 : undefined) : undefined,
    readWaitFacts({ temporal, queues }, job),
    job.close === 'open' ? statistics.ofType(job.queue, job.type) : undefined,
  ]);
  const { looks = 1 } = parts;
  if (isHeldBack(job, ending) && looks < MOST_LOOKS) {
    await sleep(LOOK_AGAIN_MS);
    return await readJob({ temporal, queues, statistics }, id, { ...parts, looks: looks + 1 });
  }
  const due = { ...job, dueMs: first?.dueMs ?? job.dueMs };
  const values = first === undefined ? {} : { input: first.input, actions: actionsOf(job, first) };
  return await told(temporal, due, { facts: { ...ending, wait }, counted, values });
}

/** A job that shares its workflow: all that there is to know of it was read with the others. */
async function readCarried(
  { temporal, queues, statistics }: JobReading,
  { job, ending, input, actions }: ToldJob,
  parts: { readonly input: boolean },
): Promise<JobSnapshot> {
  const [wait, counted] = await Promise.all([
    readWaitFacts({ temporal, queues }, job),
    job.close === 'open' ? statistics.ofType(job.queue, job.type) : undefined,
  ]);
  return await told(temporal, job, { facts: { ...ending, wait }, counted, values: parts.input ? { input, actions } : {} });
}

interface Told {
  readonly facts: SnapshotFacts;
  readonly counted: Awaited<ReturnType<StatisticsReader['ofType']>>;
  readonly values: Pick<JobSnapshot, 'input' | 'actions'>;
}

/** The snapshot of what was read, with its estimate and its values. */
async function told(temporal: Temporal, job: JobDescription, { facts, counted, values }: Told): Promise<JobSnapshot> {
  const now = Date.now();
  const known = snapshotOf(job, now, facts);
  return await withValues(temporal, { ...known, eta: etaOf(known, counted, now), ...values });
}

/**
 * True for the moment in which nobody can say how far the handler came: it has ended, and the server shows its end once the
 * workflow's task that is being worked on has come back.
 */
function isHeldBack({ close, activities, cleanUp }: JobDescription, ending: JobEnding | undefined): boolean {
  return close === 'open' && activities.length === 0 && cleanUp === undefined && ending?.isCalled === true;
}

/** The snapshot with what its references stand for, up to a size. */
async function withValues({ values }: Temporal, snapshot: JobSnapshot): Promise<JobSnapshot> {
  return {
    ...snapshot,
    ...('input' in snapshot ? { input: await values.show(snapshot.input) } : {}),
    ...('output' in snapshot ? { output: await values.show(snapshot.output) } : {}),
  };
}

/** Events of a job with one handler when that runs, and when it completed. With more something else has happened to it. */
const EVENTS_RUNNING = 5;
const EVENTS_COMPLETED = 11;

/** True when nobody has done anything with the job by hand: its first event says enough, and the others may be large. */
function isUntouched({ close, activities, historyLength }: JobDescription): boolean {
  if (close === 'completed') return historyLength <= EVENTS_COMPLETED;
  return historyLength === 1 || (close === 'open' && activities.length > 0 && historyLength <= EVENTS_RUNNING);
}

function actionsOf({ addedMs, memo }: JobDescription, { actions }: FirstEvents): readonly ActionRecord[] {
  return memo?.retried === undefined ? actions : [{ action: 'retry', at: isoTime(addedMs), ...memo.retried }, ...actions];
}

/** A page of jobs that match. */
export async function readJobs(
  temporal: Temporal,
  filter: JobFilter,
  page: { size: number; token?: string | undefined },
): Promise<JobList> {
  const { status, error } = filter;
  const carrier = carrierOfPrefix(filter.idPrefix);
  if (carrier !== undefined) {
    const { jobs, nextPageToken } = pageOf(await carriedRows(temporal, carrier, filter), page);
    return listOf(jobs, nextPageToken);
  }
  const where = whereOf(filter);
  if (error !== undefined) {
    const { jobs, nextPageToken } = await listFailedWith(temporal, { ...where, error }, page);
    return listOf(
      jobs.map((job) => summaryOf(job, 'failed')),
      nextPageToken,
    );
  }
  if (status !== undefined && !isTerminal(status) && status !== 'delayed')
    return await readOpenJobs(temporal, where, { status, size: page.size });
  if (status === 'failed' || status === 'cancelled') {
    const { rows, nextPageToken } = await listEnded(temporal, where, { status, ...page });
    return listOf(
      rows.map(({ job }) => summaryOf(job, status)),
      nextPageToken,
    );
  }
  const { jobs, nextPageToken } = await listJobs(temporal, { ...where, state: status }, page);
  const summaries = await resolveStatuses(temporal, await newestRuns(temporal, jobs));
  const matching = status === undefined ? summaries : summaries.filter((job) => job.status === status);
  return listOf(matching, nextPageToken);
}

function listOf(jobs: readonly JobSummary[], nextPageToken: string | undefined): JobList {
  return { jobs, isComplete: true, ...(nextPageToken === undefined ? {} : { nextPageToken }) };
}

/** A filter in the terms of the index, without its status. */
export function whereOf({ type, queue, tags, key, tenant, idPrefix, addedAfter, addedBefore, batch, parent }: JobFilter): JobQuery {
  const now = Date.now();
  const prefixes = [tenant === undefined ? undefined : tenantPrefix(tenant), idPrefix].filter((prefix) => prefix !== undefined);
  return {
    type,
    queue,
    tags,
    key,
    isBatch: batch,
    parent,
    ...(prefixes.length === 0 ? {} : { prefixes }),
    ...(addedAfter === undefined ? {} : { addedFrom: instantOf(addedAfter, 'addedAfter', now) }),
    ...(addedBefore === undefined ? {} : { addedBefore: instantOf(addedBefore, 'addedBefore', now) }),
  };
}

/** How many jobs of each status match. */
export async function countByStatus(temporal: Temporal, filter: Omit<JobFilter, 'status'>): Promise<JobCounts> {
  const carrier = carrierOfPrefix(filter.idPrefix);
  if (carrier !== undefined) {
    const rows = await carriedRows(temporal, carrier, filter);
    return { ...sumOf(rows.map(({ status }) => ({ [status]: 1 }))), isExact: true, assumedQueued: 0 };
  }
  const where = whereOf(filter);
  if (filter.error !== undefined) return await countOfError(temporal, { ...where, error: filter.error });
  const [closed, delayed, started, carried] = await Promise.all([
    countJobs(temporal, where),
    countDelayed(temporal, where),
    listOpenJobs(temporal, where),
    countCarried(temporal, where),
  ]);
  const opened = await describeAll(temporal, started.jobs);
  const counts = sumOf(opened.map(countsOf));
  const assumedQueued = started.isAll ? 0 : Math.max(0, (closed.get('open') ?? 0) - delayed - opened.length);
  const ended = (...statuses: readonly CloseStatus[]): number =>
    statuses.reduce((sum, status) => sum + (closed.get(status) ?? 0) - (carried?.carriers.get(status) ?? 0), 0);
  return {
    ...counts,
    delayed: counts.delayed + delayed,
    queued: counts.queued + assumedQueued,
    completed: counts.completed + ended('completed') + (carried?.completed ?? 0),
    failed: counts.failed + ended('failed', 'terminated', 'timed-out') + (carried?.failed ?? 0),
    cancelled: counts.cancelled + ended('cancelled') + (carried?.cancelled ?? 0),
    isExact: started.isAll && !opened.some(({ memo }) => memo?.carries !== undefined),
    assumedQueued,
  };
}

function countsOf(job: JobDescription): Partial<Record<JobStatus, number>> {
  return job.memo?.carries === undefined || job.close !== 'open' ? { [statusOf(job, Date.now())]: 1 } : openCounts(job);
}

const NONE = Object.fromEntries([...OPEN_STATUSES, ...TERMINAL_STATUSES].map((status) => [status, 0])) as Record<JobStatus, number>;

function sumOf(counts: readonly Partial<Record<JobStatus, number>>[]): Record<JobStatus, number> {
  const sum = { ...NONE };
  for (const some of counts) for (const [status, count] of Object.entries(some)) sum[status as JobStatus] += count;
  return sum;
}

async function countOfError(temporal: Temporal, where: JobQuery & { readonly error: string }): Promise<JobCounts> {
  const { count, isAll } = await countFailedWith(temporal, where);
  return { ...NONE, failed: count, isExact: isAll, assumedQueued: 0 };
}

async function readOpenJobs(temporal: Temporal, where: JobQuery, { status, size }: { status: JobStatus; size: number }): Promise<JobList> {
  const { jobs, isAll } = await listOpenJobs(temporal, where);
  const matching = (await resolveStatuses(temporal, jobs)).filter((job) => job.status === status);
  return { jobs: matching.slice(0, size), isComplete: isAll && matching.length <= size };
}

/** The rows with their true statuses. A job that is gone by now is left out. */
async function resolveStatuses(temporal: Temporal, jobs: readonly JobInfo[]): Promise<JobSummary[]> {
  const now = Date.now();
  const described = await describeAll(
    temporal,
    jobs.filter((job) => closedStatus(job) === undefined),
  );
  const byRun = new Map(described.map((job) => [job.runId, job]));
  return jobs.flatMap((job): readonly JobSummary[] => {
    const closed = closedStatus(job);
    if (closed !== undefined) return [summaryOf(job, closed)];
    const open = byRun.get(job.runId);
    return open === undefined ? [] : [summaryOf(open, statusOf(open, now))];
  });
}

/** The truth about jobs that the index calls open; those that are gone by now are left out. */
async function describeAll(temporal: Temporal, jobs: readonly JobInfo[]): Promise<readonly JobDescription[]> {
  const limit = pLimit(DESCRIBES_AT_ONCE);
  const described = await Promise.all(jobs.map(async ({ id, runId }) => await limit(() => describeJob(temporal, id, runId))));
  return described.filter((job) => job !== undefined);
}
