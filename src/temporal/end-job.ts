/** Owns the calls that end or remove a job. */
import { JobError } from '../contract/errors.ts';
import type { Temporal } from './connection.ts';
import { describeJob } from './describe.ts';

/** `requested`: the job is told to stop. `already-ended`: it had ended before, nothing changed. */
export type CancelOutcome = 'requested' | 'already-ended';

/** Asks the newest run of a job to stop. The reason is kept in its record. @throws JobError `not-found` */
export async function cancelJob(temporal: Temporal, id: string, reason: string): Promise<CancelOutcome> {
  // The server takes a cancel of a job that has ended without a word.
  const job = await describeJob(temporal, id);
  if (job === undefined) throw new JobError('not-found', `No job has the id "${id}".`, { details: { id } });
  if (job.close !== 'open') return 'already-ended';
  await temporal.call(`cancel job "${id}"`, () =>
    temporal.client.workflowService.requestCancelWorkflowExecution({
      namespace: temporal.namespace,
      workflowExecution: { workflowId: id },
      reason,
    }),
  );
  return 'requested';
}

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
