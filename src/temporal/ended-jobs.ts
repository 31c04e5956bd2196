/**
 * Owns lists of the jobs that failed or were cancelled: first those that have a workflow of their own, then those of carriers, one by
 * one. What they failed with is what people look for, and a row of a whole carrier would hide it.
 */
import { addressOf } from '../contract/carrier.ts';
import { BITS, bitWord } from '../contract/carried-bits.ts';
import { invalidOption } from '../contract/options.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import { carriedJob } from './carried/carried-job.ts';
import { CarrierReads } from './carried/carrier-reads.ts';
import type { Temporal } from './connection.ts';
import type { JobInfo } from './describe.ts';
import { newestRuns } from './newest-runs.ts';
import { countJobs, type JobQuery, listJobs } from './visibility.ts';

export interface EndedRow {
  readonly job: JobInfo;
  /** Of a carried job that failed. */
  readonly error?: JobFailure;
}

export interface EndedPage {
  readonly rows: readonly EndedRow[];
  readonly nextPageToken: string | undefined;
}

interface Page {
  readonly size: number;
  readonly token?: string | undefined;
}

type Ended = 'failed' | 'cancelled';

/** Marks the token of a page of carried jobs: `~`, the place to go on at, `~`, the token of the list of carriers. */
const CARRIED_TOKEN = /^~(\d{1,3})~(.*)$/;
const FIRST_CARRIED = '~0~';

/** A page of jobs that ended so. */
export async function listEnded(
  temporal: Temporal,
  where: JobQuery,
  { status, ...page }: Page & { readonly status: Ended },
): Promise<EndedPage> {
  const carriers: JobQuery = { ...where, carriers: { words: BITS.map((bit) => bitWord(status, bit)) } };
  if (page.token?.startsWith('~') === true) return await listOfCarriers(temporal, carriers, { status, ...page });
  const { jobs, nextPageToken } = await listJobs(temporal, { ...where, carriers: 'none', state: status }, page);
  const rows = (await newestRuns(temporal, jobs)).map((job) => ({ job }));
  if (nextPageToken !== undefined) return { rows, nextPageToken };
  return { rows, nextPageToken: (await countJobs(temporal, carriers)).size > 0 ? FIRST_CARRIED : undefined };
}

async function listOfCarriers(
  temporal: Temporal,
  carriers: JobQuery,
  { status, size, token = '' }: Page & { readonly status: Ended },
): Promise<EndedPage> {
  const [, place, listToken] = CARRIED_TOKEN.exec(token) ?? [];
  if (place === undefined) throw invalidOption('pageToken', 'the nextPageToken of the page before', token);
  let at = { place: Number(place), token: listToken === '' ? undefined : listToken };
  const rows: EndedRow[] = [];
  for (;;) {
    const { jobs, nextPageToken } = await listJobs(temporal, carriers, { size: 1, token: at.token });
    const all = await rowsOf(temporal, jobs[0], { status, from: at.place });
    const room = size - rows.length;
    rows.push(...all.slice(0, room));
    const next = all[room];
    if (next !== undefined) return { rows, nextPageToken: `~${addressOf(next.job.id).place ?? 0}~${at.token ?? ''}` };
    if (nextPageToken === undefined) return { rows, nextPageToken: undefined };
    at = { place: 0, token: nextPageToken };
    if (rows.length === size) return { rows, nextPageToken: `${FIRST_CARRIED}${nextPageToken}` };
  }
}

/** The jobs of a carrier that ended so, from a place on, without those that have been retried. */
async function rowsOf(
  temporal: Temporal,
  carrier: JobInfo | undefined,
  { status, from }: { readonly status: Ended; readonly from: number },
): Promise<readonly EndedRow[]> {
  const view = carrier === undefined ? undefined : await CarrierReads.of(temporal).view(carrier.id);
  if (view === undefined) return [];
  const rows = [...view.jobs.keys()].slice(from).flatMap((place): readonly EndedRow[] => {
    const told = carriedJob(view, place);
    if (told?.job.close !== status) return [];
    const { error } = told.ending;
    return [{ job: told.job, ...(error === undefined ? {} : { error }) }];
  });
  const newest = new Set(
    await newestRuns(
      temporal,
      rows.map(({ job }) => job),
    ),
  );
  return rows.filter(({ job }) => newest.has(job));
}
