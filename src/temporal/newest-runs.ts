/** Owns which runs in the index stand for their job: the newest of each, where one job has several. */
import type { Temporal } from './connection.ts';
import type { JobInfo } from './describe.ts';
import { listJobs } from './visibility.ts';

/** Ids are spelled out in the query. */
const IDS_AT_ONCE = 100;
const RUNS_READ = 1000;

/** The jobs without those runs that a later one of the same job has taken the place of. The index lags a moment behind. */
export async function newestRuns(temporal: Temporal, jobs: readonly JobInfo[]): Promise<readonly JobInfo[]> {
  const ids = [...new Set(jobs.filter(mayHaveLaterRun).map(({ id }) => id))];
  if (ids.length === 0) return jobs;
  const pages: Promise<readonly JobInfo[]>[] = [];
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE) pages.push(runsOf(temporal, ids.slice(start, start + IDS_AT_ONCE)));
  const newest = new Map<string, JobInfo>();
  for (const run of [...jobs, ...(await Promise.all(pages)).flat()]) {
    const known = newest.get(run.id);
    if (known === undefined || run.addedMs > known.addedMs) newest.set(run.id, run);
  }
  return jobs.filter((job) => newest.get(job.id)?.runId === job.runId);
}

/** Only what has failed or was cancelled can be retried by hand, and only a dedupe key makes a second run by itself. */
function mayHaveLaterRun({ close, memo }: JobInfo): boolean {
  return close !== 'open' && (close !== 'completed' || memo?.inputHash !== undefined);
}

async function runsOf(temporal: Temporal, ids: readonly string[]): Promise<readonly JobInfo[]> {
  return (await listJobs(temporal, { ids }, { size: RUNS_READ })).jobs;
}
