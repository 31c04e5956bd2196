/** Owns lists and counts of the jobs of one carrier: those whose ids begin with the carrier's and `~`. */
import { addressOf } from '../../contract/carrier.ts';
import { invalidOption } from '../../contract/options.ts';
import type { JobSummary } from '../../contract/snapshot.ts';
import type { Temporal } from '../connection.ts';
import { isMeant } from '../job-match.ts';
import type { JobFilter } from '../read-jobs.ts';
import { summaryOf } from '../snapshot.ts';
import { statusOf } from '../status.ts';
import { carriedJob } from './carried-job.ts';
import { CarrierReads } from './carrier-reads.ts';

/** The carrier whose jobs are asked for by what their ids begin with; undefined for another beginning. */
export function carrierOfPrefix(idPrefix: string | undefined): string | undefined {
  if (idPrefix?.endsWith('~') !== true) return undefined;
  const { workflowId, place } = addressOf(`${idPrefix}0`);
  return place === undefined ? undefined : workflowId;
}

/** A page of rows, in the order of their places. @throws JobError `invalid-options` for a token of another list */
export function pageOf(
  rows: readonly JobSummary[],
  { size, token }: { readonly size: number; readonly token?: string | undefined },
): { readonly jobs: readonly JobSummary[]; readonly nextPageToken: string | undefined } {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isSafeInteger(from) || from < 0) throw invalidOption('pageToken', 'the nextPageToken of the page before', token);
  return { jobs: rows.slice(from, from + size), nextPageToken: rows.length > from + size ? String(from + size) : undefined };
}

/** All of a carrier's jobs that match. One that was retried by hand is told as it stood before: its own id has its newest run. */
export async function carriedRows(temporal: Temporal, carrier: string, filter: JobFilter): Promise<readonly JobSummary[]> {
  const view = await CarrierReads.of(temporal).view(carrier);
  if (view === undefined) return [];
  const now = Date.now();
  return [...view.jobs.keys()].flatMap((place): readonly JobSummary[] => {
    const told = carriedJob(view, place);
    if (told === undefined) return [];
    const { error } = told.ending;
    const row = summaryOf(told.job, statusOf(told.job, now));
    return isMeant({ ...row, ...(error === undefined ? {} : { error }) }, filter) ? [row] : [];
  });
}
