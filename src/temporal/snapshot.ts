/** Owns how everything that is known of a job becomes the snapshot that users see. Pure. */
import type { AttemptState } from '../contract/attempts.ts';
import { endedIn, NO_ITEMS, sumOf } from '../contract/batch.ts';
import type { Progress } from '../contract/progress.ts';
import { priorityOfKey } from '../contract/priority.ts';
import { DEFAULT_RETRY } from '../contract/retry.ts';
import type { JobFailure, JobSnapshot, JobStatus, JobSummary, StepSnapshot } from '../contract/snapshot.ts';
import { isTerminal } from '../contract/snapshot.ts';
import { tenantOf } from '../contract/tenant.ts';
import { attemptOf, lastAttempt } from './attempt-number.ts';
import type { JobDescription, JobInfo, PendingActivity } from './describe.ts';
import type { JobEnding } from './ending.ts';
import { isoTime } from './protocol.ts';
import { limitsOf } from './job-limits.ts';
import { statusOf, stepStatus } from './status.ts';
import { versionOf } from './version.ts';
import { type WaitFacts, waitOf } from './waiting.ts';

/** What a list row needs. */
export function summaryOf(job: JobInfo, status: JobStatus): JobSummary {
  return {
    id: job.id,
    type: job.type,
    queue: job.queue,
    status,
    priority: priorityOfKey(job.priorityKey),
    tags: job.tags,
    ...tenantField(job.id),
    ...(job.memo?.key === undefined ? {} : { key: job.memo.key }),
    addedAt: isoTime(job.firstAddedMs),
    ...(job.dueMs > job.addedMs ? { runAt: isoTime(job.dueMs) } : {}),
    ...(job.closedMs === undefined ? {} : { endedAt: isoTime(job.closedMs) }),
    maxAttempts: job.memo?.maxAttempts ?? DEFAULT_RETRY.maxAttempts,
    ...(job.carrier === undefined ? {} : { carrier: job.carrier }),
    ...(job.memo?.carries === undefined ? {} : { carries: job.memo.carries }),
    ...(job.parent === undefined ? {} : { parent: job.parent }),
    ...batchField(job),
  };
}

function batchField(job: JobInfo & Partial<Pick<JobDescription, 'activities'>>): Pick<JobSummary, 'batch'> {
  const { memo, batchCounts: told = NO_ITEMS, activities = [] } = job;
  if (memo?.batch === undefined) return {};
  const { items, name } = memo.batch;
  const records = activities.flatMap(({ state }) => state?.segment ?? []);
  const counts = records.reduce((sum, record) => sumOf(sum, record.counts), told);
  const atWork = activities.filter(({ phase, state }) => phase !== 'scheduled' && state?.segment !== undefined);
  const ownCalls = activities.filter(({ type, phase }) => type === job.type && phase !== 'scheduled').length;
  const running = atWork.reduce((sum, { state }) => sum + (state?.segment?.running.length ?? 0), ownCalls);
  return {
    batch: {
      ...(name === undefined ? {} : { name }),
      items,
      ...counts,
      running,
      waiting: Math.max(0, items - endedIn(counts) - running),
    },
  };
}

function tenantField(id: string): Pick<JobSummary, 'tenant'> {
  const tenant = tenantOf(id);
  return tenant === undefined ? {} : { tenant };
}

/** What is known of a job beside its description: of a closed one what it left, of one that stands still why. */
export interface SnapshotFacts extends JobEnding {
  readonly wait?: WaitFacts;
}

/** The snapshot of a job at the time `now`. */
export function snapshotOf(job: JobDescription, now: number, { wait, ...ending }: SnapshotFacts = {}): JobSnapshot {
  const status = statusOf(job, now);
  // The calls of a batch are of items, not of the job.
  const own = job.memo?.batch === undefined ? job.activities.find(({ type }) => type === job.type) : undefined;
  // A cancel may have kept the record of an earlier attempt; the one that runs knows more.
  const state = own?.state ?? ending.state;
  const startedMs = job.memo?.batch === undefined ? (ending.startedMs ?? job.activities[0]?.startedMs) : undefined;
  const worker = ending.worker ?? own?.worker;
  const summary = summaryOf(job, status);
  return {
    ...summary,
    runId: job.runId,
    run: job.run,
    ...(job.memo?.previousRunId === undefined ? {} : { previousRunId: job.memo.previousRunId }),
    version: versionOf(job, now),
    maxAttempts: job.memo?.maxAttempts ?? state?.maxAttempts ?? summary.maxAttempts,
    attempt: attemptNumber(job, status, { ...ending, ...(state === undefined ? {} : { state }) }),
    progress: progressOf(job, status, state),
    ...(state?.checkpoint === undefined || job.steps !== undefined ? {} : { checkpoint: state.checkpoint }),
    ...(startedMs === undefined ? {} : { startedAt: isoTime(startedMs) }),
    ...limitsOf(job),
    waitingFor: waitOf(job, now, wait),
    eta: isTerminal(status) ? null : 'unknown',
    attempts: state?.records ?? [],
    ...(worker === undefined ? {} : { worker }),
    steps: own === undefined && !isTerminal(status) ? job.activities.map((activity) => stepSnapshot(job, activity, now)) : [],
    ...(status === 'completed' && 'output' in ending ? { output: ending.output } : {}),
    ...(status === 'failed' ? { error: ending.error ?? UNKNOWN_FAILURE } : {}),
    ...cancelFacts(status, ending),
  };
}

function cancelFacts(status: JobStatus, { cancel }: JobEnding): Pick<JobSnapshot, 'cancelReason' | 'cancelledBy'> {
  // Of a job that completed all the same it would read as if it had been stopped.
  if (cancel === undefined || status === 'completed') return {};
  const { reason, actor } = cancel;
  return { ...(reason === undefined ? {} : { cancelReason: reason }), ...(actor === undefined ? {} : { cancelledBy: actor }) };
}

const UNKNOWN_FAILURE: JobFailure = { code: 'internal', message: 'The job failed, and its error could not be read.' };

/** The attempt under way or last. The server counts shutdowns and deaths as well, so the record's count goes first. */
function attemptNumber(job: JobDescription, status: JobStatus, { state, isHandled }: JobEnding): number {
  // The body of a multi-step job is tried once; its steps have attempts.
  if (job.steps !== undefined) return 1;
  if (status === 'completed' || (isHandled === true && job.activities.length === 0)) return (state?.failures ?? 0) + 1;
  const activity = job.activities[0];
  if (activity !== undefined) return attemptOf(activity, state);
  return state === undefined ? 0 : lastAttempt(state);
}

function progressOf(job: JobDescription, status: JobStatus, state: AttemptState | undefined): Progress | null {
  const known = job.steps === undefined ? state?.progress : stepsProgress(job);
  return status === 'completed' ? { ...known, percent: 100 } : (known ?? null);
}

/**
 * Ended steps and the workflow's own reports, plus each running step's part. A step that the memo lists and the server
 * does not has just ended and counts whole, so that progress never goes down.
 */
function stepsProgress({ steps, activities }: JobDescription): Progress | undefined {
  if (steps === undefined) return undefined;
  const parts = Object.entries(steps.running).map(([id, step]) => {
    const activity = activities.find((pending) => pending.id === id);
    return activity === undefined ? step.percent : (step.percent * (activity.state?.progress?.percent ?? 0)) / 100;
  });
  const percent = Math.min(
    100,
    parts.reduce((sum, part) => sum + part, steps.percent),
  );
  return { percent, ...(steps.message === undefined ? {} : { message: steps.message }) };
}

function stepSnapshot({ steps }: JobDescription, activity: PendingActivity, now: number): StepSnapshot {
  const status = stepStatus(activity, now);
  const { state } = activity;
  const label = steps?.running[activity.id]?.label;
  return {
    id: activity.id,
    type: activity.type,
    ...(label === undefined ? {} : { label }),
    status,
    attempt: attemptOf(activity, state),
    progress: state?.progress ?? null,
  };
}
