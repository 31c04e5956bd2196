/** Owns which reason to wait follows from what is known of a job. Pure; what is read for it is decided in `wait-facts.ts`. */
import { DEFAULT_RETRY } from '../contract/retry.ts';
import type { WaitingFor } from '../contract/snapshot.ts';
import { waitingFor, type WaitingReason, withOverdue } from '../contract/waiting-for.ts';
import { isCounted, lastAttempt } from './attempt-number.ts';
import type { JobDescription, PendingActivity } from './describe.ts';
import { overdueOf } from './job-limits.ts';
import { isoTime } from './protocol.ts';
import type { QueueState } from './queues.ts';
import { statusOf, stepStatus } from './status.ts';
import type { WorkflowProblem } from './workflow-problem.ts';

/** What describe does not tell. */
export interface WaitFacts {
  /** The queue that the job waits on, unless the server does not tell. */
  readonly queue?: QueueState | undefined;
  /** About how many handlers come first there. */
  readonly ahead?: number | undefined;
  readonly problem?: WorkflowProblem | undefined;
}

const MAX_ERROR_LENGTH = 200;

/** What a job stands still for. */
export type Standstill =
  | { readonly kind: 'none' }
  /** Its workflow code fails, or nobody has answered for it. */
  | { readonly kind: 'workflow-task'; readonly queue: string; readonly hasFailed: boolean }
  /** A handler that no worker has taken. */
  | { readonly kind: 'handler'; readonly queue: string; readonly activity: PendingActivity };

/** What holds the job up at the time `now`, as far as describe tells: nothing while a handler runs or backs off. */
export function standstillOf(job: JobDescription, now: number): Standstill {
  if (job.close !== 'open') return { kind: 'none' };
  if (job.hasWorkflowTask && job.workflowTaskAttempt > 1) return { kind: 'workflow-task', queue: job.queue, hasFailed: true };
  const calls = callsOf(job);
  if (calls.some(({ phase }) => phase !== 'scheduled')) return { kind: 'none' };
  const activity = calls.find((one) => stepStatus(one, now) === 'queued');
  if (activity !== undefined) return { kind: 'handler', queue: activity.queue ?? job.queue, activity };
  return job.hasWorkflowTask ? { kind: 'workflow-task', queue: job.queue, hasFailed: false } : { kind: 'none' };
}

/** Why the job does not go on at the time `now`; null while it does, and after its end. */
export function waitOf(job: JobDescription, now: number, facts: WaitFacts = {}): WaitingFor | null {
  const reason = job.close === 'open' ? reasonOf(job, now, facts) : undefined;
  return reason === undefined ? null : withOverdue(waitingFor(reason), overdueOf(job, now));
}

function reasonOf(job: JobDescription, now: number, facts: WaitFacts): WaitingReason | undefined {
  const status = statusOf(job, now);
  if (facts.problem !== undefined) return { code: 'workflow-code', attempt: job.workflowTaskAttempt, ...facts.problem };
  const still = standstillOf(job, now);
  const isDeserted = facts.queue !== undefined && facts.queue.workers.length === 0 && still.kind !== 'none';
  if (status === 'cancelling') return { code: 'cancel', queue: isDeserted ? still.queue : undefined, ...cleanUpFacts(job) };
  if (status === 'delayed') return { code: 'start-time', until: isoTime(job.dueMs) };
  const pause = pauseOf(job);
  if (pause !== undefined) return pause;
  if (status === 'processing' && job.cleanUp !== undefined && stepStatus(job.cleanUp, now) === 'retrying')
    return retryReason(job, job.cleanUp);
  if (status === 'processing' && still.kind === 'none') return blockedReason(job, now);
  if (isDeserted) return { code: 'no-worker', queue: still.queue, lastSeenAt: isoOf(facts.queue?.lastSeenMs) };
  const waiting = job.activities.find(({ type }) => type === job.type) ?? callsOf(job)[0];
  if (waiting?.state?.isHandlerMissing === true)
    return { code: 'handler', queue: waiting.queue ?? job.queue, type: waiting.type, until: isoOf(waiting.nextAttemptMs) };
  const snoozed = waiting?.state?.snoozed;
  if (snoozed !== undefined && status === 'retrying') return { code: 'turn', until: isoOf(waiting?.nextAttemptMs), reason: snoozed };
  if (status === 'retrying') return retryReason(job, waiting);
  // Its workflow goes on in a moment: that a handler ended is no reason to wait.
  if (status === 'processing' && still.kind !== 'handler') return undefined;
  return queueReason(still.kind === 'none' ? job.queue : still.queue, facts);
}

/** What the job has going: its handler calls or, after the last of them, its clean-up. */
function callsOf({ activities, cleanUp }: JobDescription): readonly PendingActivity[] {
  return cleanUp === undefined ? activities : [cleanUp];
}

function cleanUpFacts({ cleanUp }: JobDescription): { isCleaningUp?: true; error?: string | undefined } {
  return cleanUp === undefined ? {} : { isCleaningUp: true, error: errorOf(cleanUp) };
}

function pauseOf({ pause: ofJob, activities }: JobDescription): WaitingReason | undefined {
  const isRunning = activities.some(({ phase, pause }) => phase !== 'scheduled' && pause === undefined);
  const pause = ofJob ?? (isRunning ? undefined : activities.find((activity) => activity.pause !== undefined)?.pause);
  return pause === undefined ? undefined : { code: 'paused', since: isoOf(pause.sinceMs), by: pause.by, reason: pause.reason };
}

function blockedReason(job: JobDescription, now: number): WaitingReason | undefined {
  const blocked = callsOf(job).find(({ phase, state }) => phase === 'started' && state?.blockedSince !== undefined);
  const since = blocked?.state?.blockedSince;
  if (since === undefined) return undefined;
  return { code: 'event-loop', since, blockedMs: Math.max(0, now - Date.parse(since)), worker: blocked?.worker };
}

function retryReason(job: JobDescription, waiting: PendingActivity | undefined): WaitingReason | undefined {
  const until = isoOf(waiting?.nextAttemptMs);
  if (until === undefined) return undefined;
  const state = waiting?.state;
  const maxAttempts = state?.maxAttempts ?? job.memo?.maxAttempts ?? DEFAULT_RETRY.maxAttempts;
  const attempt = state === undefined ? 1 : lastAttempt(state);
  const error = errorOf(waiting);
  return { code: 'retry', until, attempt, maxAttempts, ...(error === undefined ? {} : { error }) };
}

function errorOf(call: PendingActivity | undefined): string | undefined {
  const state = call?.state;
  return state !== undefined && isCounted(state) ? state.records.at(-1)?.error.message.slice(0, MAX_ERROR_LENGTH) : undefined;
}

function queueReason(queue: string, { queue: state, ahead }: WaitFacts): WaitingReason {
  return {
    code: 'queue',
    queue,
    workers: state?.workers.length,
    ahead: ahead === undefined ? undefined : twoDigits(ahead),
    perSecond: state === undefined ? undefined : twoDigits(state.perSecond),
  };
}

/** More digits would pretend to be exact, and be a change to whoever watches. */
function twoDigits(value: number): number {
  return Number(value.toPrecision(2));
}

function isoOf(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : isoTime(milliseconds);
}
