/** Owns the calls of a cancel. */
import { addressOf, CANCEL_JOBS, type CancelJobs } from '../contract/carrier.ts';
import { asJobError } from '../contract/errors.ts';
import { RECORD } from '../contract/messages.ts';
import type { Temporal } from './connection.ts';
import type { JobDescription } from './describe.ts';
import { existingJob } from './find-job.ts';
import { isJobUnknown } from './errors.ts';

/** `requested`: the job is told to stop. `already-ended`: it had ended before, nothing changed. */
export type CancelOutcome = 'requested' | 'already-ended';

/** Asks the newest run of a job to stop. Who asked for it and why is kept in its record. @throws JobError `not-found` */
export async function cancelJob(
  temporal: Temporal,
  id: string,
  { reason, actor }: { readonly reason: string; readonly actor?: string },
): Promise<CancelOutcome> {
  const { job, carried } = await existingJob(temporal, id);
  const { place } = addressOf(id);
  if (place !== undefined && carried !== undefined)
    return await cancelCarried(temporal, carried.job, {
      jobs: [place],
      reason,
      ...(actor === undefined ? {} : { actor }),
      ...leftFact(job),
    });
  // The server takes a cancel of a job that has ended without a word.
  if (job.close !== 'open') return 'already-ended';
  if (!job.isCancelRequested) await keepRecord(temporal, job);
  await temporal.call(`cancel job "${id}"`, () =>
    temporal.client.workflowService.requestCancelWorkflowExecution({
      namespace: temporal.namespace,
      workflowExecution: { workflowId: id },
      reason,
      ...(actor === undefined ? {} : { identity: actor }),
    }),
  );
  return 'requested';
}

/** Of the jobs of a carrier one is told by a signal: its workflow goes on for the others. */
async function cancelCarried(temporal: Temporal, job: JobDescription, word: CancelJobs): Promise<CancelOutcome> {
  if (job.close !== 'open') return 'already-ended';
  try {
    await temporal.call(`cancel job "${job.id}"`, () =>
      temporal.client.workflow.getHandle(job.carrier ?? job.id, job.runId).signal(CANCEL_JOBS, word),
    );
    return 'requested';
  } catch (error) {
    if (asJobError(error)?.code === 'not-found') return 'already-ended';
    throw error;
  }
}

/** What is lost when the server cancels a call that waits. */
function leftFact({ activities: [call] }: JobDescription): Pick<CancelJobs, 'left'> {
  return call?.phase === 'scheduled' && call.state !== undefined ? { left: call.state } : {};
}

/**
 * A handler that waits for its next attempt is cancelled by the server itself, which drops what the attempts before left.
 * So that goes into the job's history first.
 */
async function keepRecord(temporal: Temporal, { id, runId, type, activities, steps }: JobDescription): Promise<void> {
  const waiting = activities.find((activity) => activity.type === type && activity.phase === 'scheduled');
  const record = waiting?.state;
  if (record === undefined || steps !== undefined) return;
  await temporal.call(`keep the record of job "${id}"`, async () => {
    try {
      await temporal.client.workflow.getHandle(id, runId).signal(RECORD, record);
    } catch (error) {
      // It has just ended, and its record is in its history.
      if (!isJobUnknown(error)) throw error;
    }
  });
}
