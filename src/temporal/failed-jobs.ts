/**
 * Owns finding jobs by the error they failed with. The server's index knows no errors, so the ends of failed jobs are read, newest
 * first and a bounded number at a time; what was read is remembered, since it does not change.
 */
import pLimit from 'p-limit';
import type { JobFailure } from '../contract/snapshot.ts';
import { patternOf } from '../contract/statistics/error-groups.ts';
import type { Temporal } from './connection.ts';
import type { JobInfo } from './describe.ts';
import { readEnding } from './ending.ts';
import { type EndedRow, listEnded } from './ended-jobs.ts';
import type { JobPage, JobQuery } from './visibility.ts';

/** Failed jobs that one page is looked for in. */
const LOOKED_AT_FOR_PAGE = 500;
/** Failed jobs that are looked at for a count. */
const LOOKED_AT_FOR_COUNT = 2000;
const PAGE = 500;
const READS_AT_ONCE = 25;
const REMEMBERED = 20_000;

const remembered = new WeakMap<Temporal, Map<string, JobFailure>>();

/** True when this is the code of the error, or a part of its message or of the message's pattern; case does not matter. */
export function isError({ code, message }: JobFailure, text: string): boolean {
  const wanted = text.toLowerCase();
  return code.toLowerCase() === wanted || message.toLowerCase().includes(wanted) || patternOf(message).toLowerCase().includes(wanted);
}

/** A page of failed jobs with the error: it may be short, or empty, and still have a next one. */
export async function listFailedWith(
  temporal: Temporal,
  { error, ...where }: JobQuery & { readonly error: string },
  page: { size: number; token?: string | undefined },
): Promise<JobPage> {
  let { token } = page;
  for (let looked = 0; ; looked += page.size) {
    const { rows, nextPageToken } = await listEnded(temporal, where, { status: 'failed', size: page.size, token });
    const found = await withError(temporal, rows, error);
    if (found.length > 0 || nextPageToken === undefined || looked + page.size >= LOOKED_AT_FOR_PAGE) return { jobs: found, nextPageToken };
    token = nextPageToken;
  }
}

/** How many failed with the error, of the newest 2 000 that failed. */
export async function countFailedWith(
  temporal: Temporal,
  { error, ...where }: JobQuery & { readonly error: string },
): Promise<{ readonly count: number; readonly isAll: boolean }> {
  let token: string | undefined;
  let count = 0;
  for (let looked = 0; looked < LOOKED_AT_FOR_COUNT; looked += PAGE) {
    const { rows, nextPageToken } = await listEnded(temporal, where, { status: 'failed', size: PAGE, token });
    count += (await withError(temporal, rows, error)).length;
    if (nextPageToken === undefined) return { count, isAll: true };
    token = nextPageToken;
  }
  return { count, isAll: false };
}

async function withError(temporal: Temporal, rows: readonly EndedRow[], text: string): Promise<readonly JobInfo[]> {
  const limit = pLimit(READS_AT_ONCE);
  const failures = await Promise.all(
    rows.map(async ({ job, error }) => error ?? (await limit(async () => await failureOf(temporal, job)))),
  );
  return rows.flatMap(({ job }, index) => {
    const failure = failures[index];
    return failure !== undefined && isError(failure, text) ? [job] : [];
  });
}

async function failureOf(temporal: Temporal, job: JobInfo): Promise<JobFailure | undefined> {
  const known = remembered.get(temporal) ?? new Map<string, JobFailure>();
  remembered.set(temporal, known);
  const before = known.get(job.runId);
  if (before !== undefined) return before;
  const { error } = await readEnding(temporal, job);
  if (error === undefined) return undefined;
  if (known.size >= REMEMBERED) known.clear();
  known.set(job.runId, error);
  return error;
}
