/** Owns the calls that remove a job. */
import { addressOf } from '../contract/carrier.ts';
import { JobError } from '../contract/errors.ts';
import { CarrierReads } from './carried/carrier-reads.ts';
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

/**
 * Removes all runs of a job, the oldest first: as long as one is left, the job is there.
 * @throws JobError `not-found`; `conflict` for one of the jobs of a carrier
 */
export async function deleteJob(temporal: Temporal, id: string): Promise<void> {
  const { workflowId, place } = addressOf(id);
  const carrier = place === undefined ? undefined : await describeJob(temporal, workflowId);
  if (carrier !== undefined) throw notAlone(id, workflowId, carrier.memo?.carries);
  const runIds: string[] = [];
  let run = await describeJob(temporal, id);
  while (run !== undefined) {
    runIds.unshift(run.runId);
    const { previousRunId } = run.memo ?? {};
    run = previousRunId === undefined ? undefined : await describeJob(temporal, id, previousRunId);
  }
  for (const runId of runIds) await deleteRun(temporal, id, runId);
  CarrierReads.of(temporal).forget(id);
}

function notAlone(id: string, workflowId: string, carries = 0): JobError {
  return new JobError(
    'conflict',
    `The job "${id}" shares a workflow with others and goes with it: delete "${workflowId}" when all ${carries} have ended.`,
    { details: { id, workflowId } },
  );
}
