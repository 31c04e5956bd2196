/** Owns the waiting for the end of one job: a long poll, no looking again and again. */
import { WorkflowFailedError } from '@temporalio/client';
import type { Temporal } from './connection.ts';
import { translateError } from './errors.ts';

/** The job's output, or what was thrown for one that failed or was cancelled. */
export type EndedJob = { readonly output: unknown } | { readonly failure: unknown };

/** Waits for the end of the newest run. Rejects with the signal's reason when it fires. @throws JobError `not-found`, `unavailable` */
export async function waitForResult(temporal: Temporal, id: string, signal: AbortSignal | undefined): Promise<EndedJob> {
  const { client, server } = temporal;
  const wait = async (): Promise<EndedJob> => ({ output: (await client.workflow.getHandle(id).result()) as unknown });
  try {
    return await (signal === undefined ? wait() : client.connection.withAbortSignal(signal, wait));
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof WorkflowFailedError) return { failure: error };
    throw translateError(error, `wait for job "${id}"`, server.address);
  }
}
