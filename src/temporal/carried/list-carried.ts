/** Owns lists and counts of the jobs of one carrier: those whose ids begin with the carrier's and `~`. */
import { addressOf } from '../../contract/carrier.ts';
import { invalidOption } from '../../contract/options.ts';
import type { JobStatus } from '../../contract/snapshot.ts';
import type { Temporal } from '../connection.ts';
import type { JobDescription } from '../describe.ts';
import { statusOf } from '../status.ts';
import { carriedJob } from './carried-job.ts';
import { CarrierReads } from './carrier-reads.ts';

/** What narrows them: all jobs of a carrier have one type, queue, key and the same tags. */
export interface CarriedFilter {
  readonly idPrefix: string;
  readonly status?: JobStatus | undefined;
}

export interface CarriedRow {
  readonly job: JobDescription;
  readonly status: JobStatus;
}

/** The carrier whose jobs are asked for by what their ids begin with; undefined for another beginning. */
export function carrierOfPrefix(idPrefix: string | undefined): string | undefined {
  if (idPrefix?.endsWith('~') !== true) return undefined;
  const { workflowId, place } = addressOf(`${idPrefix}0`);
  return place === undefined ? undefined : workflowId;
}

/** A page of a carrier's jobs, in the order of their places. */
export async function listCarried(
  temporal: Temporal,
  filter: CarriedFilter,
  { size, token }: { readonly size: number; readonly token?: string | undefined },
): Promise<{ readonly rows: readonly CarriedRow[]; readonly nextPageToken: string | undefined }> {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isSafeInteger(from) || from < 0) throw invalidOption('pageToken', 'the nextPageToken of the page before', token);
  const rows = (await carriedRows(temporal, filter)).slice(from, from + size + 1);
  return { rows: rows.slice(0, size), nextPageToken: rows.length > size ? String(from + size) : undefined };
}

/** All of a carrier's jobs that match. One that was retried by hand is told as it stood before: its own id has its newest run. */
export async function carriedRows(temporal: Temporal, { idPrefix, status }: CarriedFilter): Promise<readonly CarriedRow[]> {
  const view = await CarrierReads.of(temporal).view(carrierOfPrefix(idPrefix) ?? '');
  if (view === undefined) return [];
  const now = Date.now();
  return [...view.jobs.keys()].flatMap((place): readonly CarriedRow[] => {
    const told = carriedJob(view, place);
    if (told === undefined) return [];
    const row = { job: told.job, status: statusOf(told.job, now) };
    return status === undefined || row.status === status ? [row] : [];
  });
}
