/** Owns the calls that remove a job. */
import type { Temporal } from './connection.ts';
import { describeJob } from './describe.ts';

/**
 * Removes one run of a job and its history for good. One that is open is ended without clean-up.
 * @throws JobError `not-found`
 */
export async function deleteRun(temporal: Temporal, id: string, runId: string): Promise<void> {
  const workflowExecution = { workflowId: id, runId };
  await temporal.call(`delete job "${id}"`, () =>
    temporal.client.workflowService.deleteWorkflowExecution({ namespace: temporal.namespace, workflowExecution }),
  );
}

/** Removes all runs of a job, the oldest first: as long as one is left, the job is there. @throws JobError `not-found` */
export async function deleteJob(temporal: Temporal, id: string): Promise<void> {
  const runIds: string[] = [];
  let run = await describeJob(temporal, id);
  while (run !== undefined) {
    runIds.unshift(run.runId);
    const { previousRunId } = run.memo ?? {};
    run = previousRunId === undefined ? undefined : await describeJob(temporal, id, previousRunId);
  }
  for (const runId of runIds) await deleteRun(temporal, id, runId);
}
