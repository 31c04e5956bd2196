/** Owns the look for jobs that an earlier, interrupted run of `holdfast dev` left open. */
import type { JobClient } from '../client.ts';
import { isTerminal, type JobStatus } from '../contract/snapshot.ts';
import { analyseRepositories } from '../jobs/analyse-repositories.ts';
import { type DevRun, rememberedRuns } from './dev-runs.ts';

export interface EarlierJob {
  readonly id: string;
  readonly status: JobStatus;
  readonly run: DevRun;
}

/** Newest first; an older one among so many jobs of this type is not found. */
const LOOKED_AT = 500;

/** The open jobs of the runs that are remembered in `dataDir`, newest first. */
export async function earlierJobs(client: JobClient, dataDir: string): Promise<readonly EarlierJob[]> {
  const runs = await rememberedRuns(dataDir);
  if (runs.length === 0) return [];
  const { jobs } = await client.list({ type: analyseRepositories.name, limit: LOOKED_AT });
  return jobs.flatMap(({ id, status, queue }) => {
    const run = runs.find((each) => each.queue === queue);
    return run === undefined || isTerminal(status) ? [] : [{ id, status, run }];
  });
}

/** The earlier job that does just what is wanted now, unless it is being cancelled. */
export async function withSameSources(
  client: JobClient,
  earlier: readonly EarlierJob[],
  sources: readonly string[],
): Promise<EarlierJob | undefined> {
  for (const job of earlier) {
    const input = (await client.get(job.id))?.input as { repositories?: unknown } | undefined;
    if (job.status !== 'cancelling' && JSON.stringify(input?.repositories) === JSON.stringify(sources)) return job;
  }
  return undefined;
}
