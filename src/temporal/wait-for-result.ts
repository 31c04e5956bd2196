/** Owns the waiting for the end of one job: a long poll, no looking again and again. */
import { WorkflowFailedError } from '@temporalio/client';
import { addressOf } from '../contract/carrier.ts';
import { CarrierReads } from './carried/carrier-reads.ts';
import { findJob } from './find-job.ts';
import type { Temporal } from './connection.ts';

/** The job's output, or what was thrown for one that failed or was cancelled. */
export type EndedJob = { readonly output: unknown } | { readonly failure: unknown };

/** Waits for the end of the newest run. Rejects with the signal's reason when it fires. @throws JobError `not-found`, `unavailable` */
export async function waitForResult(temporal: Temporal, id: string, signal: AbortSignal | undefined): Promise<EndedJob> {
  const { place, workflowId } = addressOf(id);
  if (place !== undefined && (await findJob(temporal, id))?.carried !== undefined)
    return await CarrierReads.of(temporal).ended(id, { workflowId, place }, signal);
  // The SDK hears of a signal only when it fires later.
  signal?.throwIfAborted();
  const wait = async (): Promise<EndedJob> => {
    try {
      return { output: (await temporal.client.workflow.getHandle(id).result()) as unknown };
    } catch (error) {
      if (error instanceof WorkflowFailedError) return { failure: error };
      throw error;
    }
  };
  try {
    return await temporal.wait(`wait for job "${id}"`, wait, signal);
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  }
}
