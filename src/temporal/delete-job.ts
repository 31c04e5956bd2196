/** Owns the call that removes a job. */
import type { Temporal } from './connection.ts';

/**
 * Removes a run of a job, the newest unless one is named, and its history for good. One that is open is ended without clean-up.
 * @throws JobError `not-found`
 */
export async function deleteJob(temporal: Temporal, id: string, runId?: string): Promise<void> {
  const workflowExecution = { workflowId: id, ...(runId === undefined ? {} : { runId }) };
  await temporal.call(`delete job "${id}"`, () =>
    temporal.client.workflowService.deleteWorkflowExecution({ namespace: temporal.namespace, workflowExecution }),
  );
}
