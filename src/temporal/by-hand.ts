/**
 * Owns the calls of what people do with one job by hand, but for cancel and retry. Each leaves a signal in the job's
 * history: its record, and what the workflow goes by.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ActionSignal, BY_HAND } from '../contract/action-signal.ts';
import { type ActionNote, checkAction } from '../contract/actions.ts';
import { addressOf } from '../contract/carrier.ts';
import { asJobError, JobError } from '../contract/errors.ts';
import { invalidOption } from '../contract/options.ts';
import { NORMAL_KEY } from '../contract/priority.ts';
import type { JobStatus } from '../contract/snapshot.ts';
import type { Temporal } from './connection.ts';
import type { JobDescription, PendingActivity } from './describe.ts';
import { existingJob } from './find-job.ts';
import { limitsOf } from './job-limits.ts';
import { isoTime } from './protocol.ts';
import { statusOf, stepStatus } from './status.ts';

/** A next attempt that is due within this time is not worth a call: it might be running by then. */
const SOON_MS = 1000;
const LOOK_AGAIN_MS = 100;
const MOST_LOOKS = 50;

/** Starts a delayed job now. @throws JobError `not-found`, `conflict` */
export async function runNow(temporal: Temporal, id: string, note: ActionNote): Promise<void> {
  await act(temporal, { id, action: 'runNow' }, async (job) => {
    await wake(temporal, job, { action: 'runNow', dueMs: Date.now(), ...note });
  });
}

/** Gives a delayed job another time to start at, `dueMs`. @throws JobError `not-found`, `conflict`; `invalid-options` for a time after its deadline */
export async function postpone(temporal: Temporal, id: string, { dueMs, ...note }: ActionNote & { dueMs: number }): Promise<void> {
  await act(temporal, { id, action: 'postpone' }, async (job) => {
    checkBeforeDeadline(job, dueMs);
    const signal: ActionSignal = { action: 'postpone', dueMs, ...note };
    // A later time is heeded when the server lets the workflow begin; for an earlier one it has to be woken.
    if (dueMs >= job.dueMs) await leaveSignal(temporal, job, signal);
    else await wake(temporal, job, signal);
  });
}

/** A deadline stays where it is. */
function checkBeforeDeadline(job: JobDescription, dueMs: number): void {
  const { deadlineAt } = limitsOf(job);
  if (deadlineAt === undefined || dueMs < Date.parse(deadlineAt)) return;
  throw invalidOption('until', `a time before the deadline of the job, ${deadlineAt}`, isoTime(dueMs));
}

/** Moves a job in the order of its queue. @throws JobError `not-found`, `conflict` */
export async function setPriority(
  temporal: Temporal,
  id: string,
  // `normal` has to be said where another priority is to be replaced.
  { priorityKey = NORMAL_KEY, ...note }: ActionNote & { priorityKey: number | undefined },
): Promise<void> {
  await act(temporal, { id, action: 'setPriority' }, async (job) => {
    await temporal.call(`set the priority of job "${id}"`, () =>
      temporal.client.workflowService.updateWorkflowExecutionOptions({
        namespace: temporal.namespace,
        workflowExecution: { workflowId: id, runId: job.runId },
        workflowExecutionOptions: { priority: { priorityKey } },
        updateMask: { paths: ['priority.priority_key'] },
      }),
    );
    await leaveSignal(temporal, job, { action: 'setPriority', priorityKey, ...note });
  });
}

/** Ends the wait for the next attempt. It counts as it would have. @throws JobError `not-found`, `conflict` */
export async function retryNow(temporal: Temporal, id: string, note: ActionNote): Promise<void> {
  await act(temporal, { id, action: 'retryNow' }, async (shown) => {
    const job = await held(temporal, shown);
    const now = Date.now();
    for (const activity of job.activities) if (isFarFromNext(activity, now)) await endBackoff(temporal, job, activity);
    const { place } = addressOf(id);
    await leaveSignal(temporal, job, {
      action: 'retryNow',
      ...note,
      ...(job.carrier === undefined || place === undefined ? {} : { job: place }),
    });
  });
}

/** A job that has just left its chunk is on its way to a call of its own. */
async function held(temporal: Temporal, job: JobDescription): Promise<JobDescription> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const { job: now, carried } = await existingJob(temporal, job.id);
    if (carried === undefined || carried.isHeld || statusNow(now) !== 'retrying') return now;
    await sleep(LOOK_AGAIN_MS);
  }
  return job;
}

function isFarFromNext(activity: PendingActivity, now: number): boolean {
  return stepStatus(activity, now) === 'retrying' && (activity.nextAttemptMs ?? now) > now + SOON_MS;
}

/** A paused activity forgets when it was to go on, so that it goes on at once when it is let go. Its attempts are not touched. */
async function endBackoff(temporal: Temporal, { id, carrier = id, runId }: JobDescription, activity: PendingActivity): Promise<void> {
  const { workflowService } = temporal.client;
  const request = { namespace: temporal.namespace, execution: { workflowId: carrier, runId }, id: activity.id };
  await temporal.call(`end the wait of job "${id}"`, () => workflowService.pauseActivity({ ...request, reason: 'retryNow' }));
  await temporal.call(`end the wait of job "${id}"`, () => workflowService.unpauseActivity(request));
}

type Action = ActionSignal['action'];

function sharesWorkflow(id: string, action: Action): JobError {
  return new JobError(
    'conflict',
    `The job "${id}" shares a workflow with jobs that were added at the same time, and its place in the queue: ${action} is for jobs that have one of their own. Cancel works.`,
    {
      details: { id, action },
    },
  );
}

/** Runs `body` for a job whose status goes with the action. A job that has moved on meanwhile is a conflict as well. */
async function act(
  temporal: Temporal,
  { id, action }: { id: string; action: Action },
  body: (job: JobDescription) => Promise<void>,
): Promise<void> {
  const { job, carried } = await existingJob(temporal, id);
  checkAction(action, { id, status: statusNow(job) });
  if (carried !== undefined && action !== 'retryNow') throw sharesWorkflow(id, action);
  try {
    await body(job);
  } catch (error) {
    if (asJobError(error)?.code === 'not-found') checkAction(action, { id, status: statusNow((await existingJob(temporal, id)).job) });
    throw error;
  }
}

function statusNow(job: JobDescription): JobStatus {
  return statusOf(job, Date.now());
}

/** A signal that a job which the server holds back finds when it begins. */
async function leaveSignal(temporal: Temporal, { id, carrier = id, runId }: JobDescription, signal: ActionSignal): Promise<void> {
  await temporal.call(`tell job "${id}"`, () => temporal.client.workflow.getHandle(carrier, runId).signal(BY_HAND, signal));
}

/** The same, and lets the job begin: of all signals only one that could start a workflow does so. */
async function wake(temporal: Temporal, { id, type, queue }: JobDescription, signal: ActionSignal): Promise<void> {
  await temporal.call(`tell job "${id}"`, () =>
    temporal.client.workflow.signalWithStart(type, {
      workflowId: id,
      taskQueue: queue,
      signal: BY_HAND,
      signalArgs: [signal],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  );
}
