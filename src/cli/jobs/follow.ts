/** Owns `holdfast watch` and `holdfast result`: jobs shown until they end, and what becomes of them as an exit code. */
import { isTerminal, type JobSnapshot, type JobStatus } from '../../contract/snapshot.ts';
import { unknownJob } from '../../contract/errors.ts';
import { type Place, type PlaceFlags, withJobs } from '../connect.ts';
import { FAILED, INTERRUPTED } from '../exit-codes.ts';
import { JobFollower } from '../follow-job.ts';
import type { Host } from '../host.ts';
import { Screen } from '../screen.ts';
import { defused } from '../text.ts';

export interface WatchFlags extends PlaceFlags {
  /** Without an id: the open jobs of these. */
  readonly queue?: string;
  readonly type?: string;
}

/** Shows jobs until they end: those that are named, or else the open ones that match. */
export async function watchJobs(ids: readonly string[], flags: WatchFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async (place) => {
    const named = ids.length > 0 ? ids : await openJobs(place, flags);
    if (named.length === 0) {
      host.err.write('No open job matches.\n');
      return 0;
    }
    // One screen with a block of all of them: each would wipe away the others.
    const screen = new Screen(host.out);
    const follower = new JobFollower(place.jobs, screen);
    const ends = await Promise.all(named.map(async (id) => await followToEnd(id, place, { flags, host, screen, follower })));
    return Math.max(...ends);
  });
}

const MOST_WATCHED = 20;
const OPEN: readonly JobStatus[] = ['processing', 'retrying', 'cancelling', 'queued'];

async function openJobs({ jobs }: Place, { queue, type }: WatchFlags): Promise<readonly string[]> {
  const filter = { ...(queue === undefined ? {} : { queue }), ...(type === undefined ? {} : { type }) };
  const pages = await Promise.all(OPEN.map(async (status) => await jobs.list({ ...filter, status, limit: MOST_WATCHED })));
  return pages
    .flatMap((page) => page.jobs)
    .slice(0, MOST_WATCHED)
    .map(({ id }) => id);
}

interface Following {
  readonly flags: PlaceFlags;
  readonly host: Host;
  readonly screen: Screen;
  /** Shows it beside others. @default one of its own */
  readonly follower?: JobFollower;
}

/** Shows one job until its end; gives the exit code of that. */
export async function followToEnd(id: string, { jobs }: Place, { flags, host, screen, follower }: Following): Promise<number> {
  if ((await jobs.get(id)) === undefined) throw unknownJob(id);
  const show = async (): Promise<JobSnapshot | undefined> => await (follower ?? new JobFollower(jobs, screen)).follow(id, host.interrupted);
  const last = flags.json === true ? await printEach(id, jobs, host) : await show();
  if (last === undefined) return INTERRUPTED;
  if (flags.json !== true) screen.say(endLine(last));
  return codeOf(last);
}

async function printEach(id: string, jobs: Place['jobs'], host: Host): Promise<JobSnapshot | undefined> {
  let last: JobSnapshot | undefined;
  for await (const snapshot of jobs.watch(id, { signal: host.interrupted })) {
    host.out.write(`${JSON.stringify(snapshot)}\n`);
    last = snapshot;
  }
  return last !== undefined && isTerminal(last.status) ? last : undefined;
}

/** Waits for the end of a job, and prints what its handler returned. */
export async function printResult(id: string, flags: PlaceFlags, host: Host): Promise<number> {
  return await withJobs(flags, host, async ({ jobs }) => {
    if ((await jobs.get(id)) === undefined) throw unknownJob(id);
    for await (const _snapshot of jobs.watch(id, { signal: host.interrupted }));
    if (host.interrupted.aborted) return INTERRUPTED;
    const job = await jobs.get(id);
    if (job === undefined) throw unknownJob(id);
    if (job.status === 'completed') host.out.write(`${JSON.stringify(await jobs.result(id), undefined, flags.json === true ? 0 : 2)}\n`);
    else host.err.write(`${endLine(job)}\n`);
    return codeOf(job);
  });
}

function codeOf({ status }: JobSnapshot): number {
  return status === 'completed' ? 0 : FAILED;
}

function endLine({ id, type, status, error, cancelReason }: JobSnapshot): string {
  const why = error === undefined ? (cancelReason ?? '') : `${error.code}: ${error.message}`;
  return `${type} ${defused(id)} ${status}${why === '' ? '' : `: ${defused(why)}`}`;
}
