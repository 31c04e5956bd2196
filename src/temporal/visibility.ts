/**
 * Owns lists and counts, from the server's index. It lags some 50 ms behind and knows terminal statuses and `delayed`
 * exactly; which of the other open statuses a job has is found by describing it.
 */
import { createHash } from 'node:crypto';
import type { CountWorkflowExecution } from '@temporalio/client';
import { BITS, bitWord } from '../contract/carried-bits.ts';
import { invalidOption } from '../contract/options.ts';
import type { Temporal } from './connection.ts';
import { type CloseStatus, type JobInfo, readInfo } from './describe.ts';
import { withAttributes } from './search-attributes.ts';
import { BATCH_WORD, JOBS_ATTRIBUTE, KEY_ATTRIBUTE, TAGS_ATTRIBUTE } from '../contract/messages.ts';
import type { TerminalStatus } from '../contract/snapshot.ts';
import { STATISTICS_TYPE } from '../contract/statistics/queue-statistics.ts';

export interface JobQuery {
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  /** Jobs of none of these. */
  readonly otherQueuesThan?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly key?: string | undefined;
  /** Jobs that this one has started. */
  readonly parent?: string | undefined;
  /** Only batches. */
  readonly isBatch?: boolean | undefined;
  /** All carriers, none, or those that have one of these words of their numbers. */
  readonly carriers?: 'all' | 'none' | { readonly words: readonly string[] } | undefined;
  /** At least one, and few: they are spelled out in the query. */
  readonly ids?: readonly string[] | undefined;
  /** What the id begins with, all of them. */
  readonly prefixes?: readonly string[] | undefined;
  /** Only jobs that were started at or after, and before, these times, ms since 1970. */
  readonly addedFrom?: number | undefined;
  readonly addedBefore?: number | undefined;
  /** A terminal status, the time-delayed jobs, or all other open ones. Absent: every job. */
  readonly state?: TerminalStatus | 'delayed' | 'started' | undefined;
  /** Only jobs that ended before this time, ms since 1970. */
  readonly closedBefore?: number | undefined;
  /** Only jobs that ended at this time or later, ms since 1970. */
  readonly closedFrom?: number | undefined;
  /** Only jobs that were due before this time, ms since 1970. */
  readonly dueBefore?: number | undefined;
}

export interface JobPage {
  readonly jobs: readonly JobInfo[];
  readonly nextPageToken: string | undefined;
}

/** Names of the index, spelled as it groups them. */
const CLOSE_STATUS_NAMES: Readonly<Record<string, CloseStatus>> = {
  Running: 'open',
  Completed: 'completed',
  Failed: 'failed',
  Canceled: 'cancelled',
  Terminated: 'terminated',
  TimedOut: 'timed-out',
};

/** One page of jobs, newest first. */
export async function listJobs(temporal: Temporal, query: JobQuery, page: { size: number; token?: string | undefined }): Promise<JobPage> {
  const answer = await withAttributes(temporal, () =>
    temporal.call('list jobs', () =>
      temporal.client.workflowService.listWorkflowExecutions({
        namespace: temporal.namespace,
        query: queryText(query, Date.now()),
        pageSize: page.size,
        ...(page.token === undefined ? {} : { nextPageToken: readToken(page.token) }),
      }),
    ),
  );
  const token = answer.nextPageToken;
  const nextPageToken = token == null || token.length === 0 ? undefined : writeToken(Buffer.from(token));
  // The embedded server finds words whatever their case; others do not.
  const jobs = (answer.executions ?? []).map(readInfo).filter((job) => hasExactly(job, query));
  return { jobs, nextPageToken };
}

function hasExactly({ tags, memo }: JobInfo, query: JobQuery): boolean {
  return (query.tags ?? []).every((tag) => tags.includes(tag)) && (query.key === undefined || memo?.key === query.key);
}

/** The server fails at a token that is not its own, and is asked again and again; so it gets only those that it gave. */
function writeToken(token: Buffer): string {
  return `${token.toString('base64url')}.${checksum(token)}`;
}

function readToken(text: string): Buffer {
  const [encoded = '', sum] = text.split('.');
  const token = Buffer.from(encoded, 'base64url');
  if (sum !== checksum(token)) throw invalidOption('pageToken', 'the nextPageToken of the page before', text);
  return token;
}

function checksum(token: Buffer): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 8);
}

/** How many jobs match, by close status; statuses without a job are absent. */
export async function countJobs(temporal: Temporal, query: JobQuery): Promise<ReadonlyMap<CloseStatus, number>> {
  const where = queryText(query, Date.now());
  const answer = await count(temporal, `${where} GROUP BY ExecutionStatus`.trimStart());
  const counts = answer.groups.map(({ count, groupValues }) => [CLOSE_STATUS_NAMES[String(groupValues[0])] ?? 'open', count] as const);
  return new Map(counts);
}

/** How many jobs wait for their start time. */
export async function countDelayed(temporal: Temporal, query: JobQuery): Promise<number> {
  return await countState(temporal, { ...query, state: 'delayed' });
}

/** How many open jobs are due, whoever has them. */
export async function countStarted(temporal: Temporal, query: JobQuery): Promise<number> {
  return await countState(temporal, { ...query, state: 'started' });
}

async function countState(temporal: Temporal, query: JobQuery): Promise<number> {
  const where = queryText(query, Date.now());
  return (await count(temporal, where)).count;
}

async function count(temporal: Temporal, where: string): Promise<CountWorkflowExecution> {
  return await withAttributes(temporal, () => temporal.call('count jobs', () => temporal.client.workflow.count(where)));
}

function queryText(query: JobQuery, now: number): string {
  const {
    type,
    queue,
    otherQueuesThan = [],
    tags,
    key,
    carriers,
    isBatch,
    parent,
    ids,
    prefixes,
    state,
    closedBefore,
    closedFrom,
    dueBefore,
    addedFrom,
    addedBefore,
  } = query;
  const time = new Date(now).toISOString();
  const conditions = [
    type === undefined ? `WorkflowType != ${quoted(STATISTICS_TYPE)}` : `WorkflowType = ${quoted(type)}`,
    queue === undefined ? undefined : `TaskQueue = ${quoted(queue)}`,
    otherQueuesThan.length === 0 ? undefined : `TaskQueue NOT IN (${otherQueuesThan.map(quoted).join(', ')})`,
    ...(tags ?? []).map((tag) => `${TAGS_ATTRIBUTE} = ${quoted(tag)}`),
    key === undefined ? undefined : `${KEY_ATTRIBUTE} = ${quoted(key)}`,
    carriers === undefined ? undefined : carriersCondition(carriers),
    parent === undefined ? undefined : `ParentWorkflowId = ${quoted(parent)}`,
    isBatch === true ? `${JOBS_ATTRIBUTE} = ${quoted(BATCH_WORD)}` : undefined,
    ids === undefined ? undefined : `WorkflowId IN (${ids.map(quoted).join(', ')})`,
    ...(prefixes ?? []).map((prefix) => `WorkflowId STARTS_WITH ${quoted(prefix)}`),
    addedFrom === undefined ? undefined : `StartTime >= ${quoted(new Date(addedFrom).toISOString())}`,
    addedBefore === undefined ? undefined : `StartTime < ${quoted(new Date(addedBefore).toISOString())}`,
    closedBefore === undefined ? undefined : `CloseTime < ${quoted(new Date(closedBefore).toISOString())}`,
    closedFrom === undefined ? undefined : `CloseTime >= ${quoted(new Date(closedFrom).toISOString())}`,
    dueBefore === undefined ? undefined : `ExecutionTime < ${quoted(new Date(dueBefore).toISOString())}`,
    state === 'completed' ? `ExecutionStatus = 'Completed'` : undefined,
    state === 'cancelled' ? `ExecutionStatus = 'Canceled'` : undefined,
    state === 'failed' ? `ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut')` : undefined,
    state === 'delayed' ? `ExecutionStatus = 'Running' AND ExecutionTime > ${quoted(time)}` : undefined,
    state === 'started' ? `ExecutionStatus = 'Running' AND ExecutionTime <= ${quoted(time)}` : undefined,
  ];
  return conditions.filter((condition) => condition !== undefined).join(' AND ');
}

function carriersCondition(carriers: NonNullable<JobQuery['carriers']>): string {
  if (carriers === 'none') return `(${JOBS_ATTRIBUTE} IS NULL OR ${JOBS_ATTRIBUTE} = ${quoted(BATCH_WORD)})`;
  const words = carriers === 'all' ? BITS.map((bit) => bitWord('all', bit)) : carriers.words;
  return `${JOBS_ATTRIBUTE} IN (${words.map(quoted).join(', ')})`;
}

/** A text as the server's query language writes it. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
