/**
 * Owns which jobs an operation is about, and the way through them.
 *
 * 1. Only jobs that were added before the operation began are meant, so that what it makes (a retry is a new run) is not met again.
 * 2. Terminal statuses and `delayed` have pages in the index. Of the other open ones up to 500 are looked at, and again until no
 *    new one turns up.
 */
import type { z } from 'zod';
import type { operationAct } from '../../api/schemas/operations.ts';
import type { Jobs } from '../../client.ts';
import { JobError } from '../../contract/errors.ts';
import { type JobStatus, OPEN_STATUSES, TERMINAL_STATUSES } from '../../contract/snapshot.ts';
import type { JobFilter } from '../../temporal/read-jobs.ts';

export type OperationAct = z.output<typeof operationAct>;

/** Statuses in which the act does something. */
const STATUSES_OF: Readonly<Record<OperationAct, readonly JobStatus[]>> = {
  retry: ['failed', 'cancelled'],
  cancel: OPEN_STATUSES,
  delete: TERMINAL_STATUSES,
};
const PAGED: readonly JobStatus[] = ['delayed', ...TERMINAL_STATUSES];
const PAGE = 500;

/** The statuses that are meant. @throws JobError `conflict` for a status that the act does nothing in */
export function statusesOf(act: OperationAct, filter: JobFilter): readonly JobStatus[] {
  const possible = STATUSES_OF[act];
  // Only failed jobs have an error.
  const status = filter.error === undefined ? filter.status : 'failed';
  if (status === undefined) return possible;
  if (possible.includes(status)) return [status];
  throw new JobError('conflict', `${act} is for jobs that are ${possible.join(', ')}; the filter asks for those that are ${status}.`, {
    details: { act, status },
  });
}

/** How many jobs match. */
export async function countMatching(jobs: Jobs, act: OperationAct, filter: JobFilter): Promise<number> {
  const { status: _status, ...where } = filter;
  const counts = await jobs.count(where);
  return statusesOf(act, filter).reduce((sum, status) => sum + counts[status], 0);
}

/** The ids of the jobs that match, some at a time. */
export async function* matching(jobs: Jobs, act: OperationAct, filter: JobFilter): AsyncGenerator<readonly string[]> {
  const statuses = statusesOf(act, filter);
  for (const status of statuses.filter((one) => PAGED.includes(one))) yield* paged(jobs, { ...filter, status });
  yield* looked(
    jobs,
    filter,
    statuses.filter((one) => !PAGED.includes(one)),
  );
}

async function* paged(jobs: Jobs, filter: JobFilter): AsyncGenerator<readonly string[]> {
  let pageToken: string | undefined;
  do {
    const page = await jobs.list({ ...filter, limit: PAGE, ...(pageToken === undefined ? {} : { pageToken }) });
    yield page.jobs.map(({ id }) => id);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}

async function* looked(jobs: Jobs, filter: JobFilter, statuses: readonly JobStatus[]): AsyncGenerator<readonly string[]> {
  const seen = new Set<string>();
  for (const status of statuses) {
    let fresh: readonly string[];
    do {
      const page = await jobs.list({ ...filter, status, limit: PAGE });
      fresh = page.jobs.map(({ id }) => id).filter((id) => !seen.has(id));
      for (const id of fresh) seen.add(id);
      yield fresh;
    } while (fresh.length > 0);
  }
}
