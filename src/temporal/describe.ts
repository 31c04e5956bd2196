/**
 * Owns the one call that tells the truth about a job, with no worker needed, and its reading into plain values.
 * What the values mean is decided in `status.ts` and `snapshot.ts`.
 */
import type { temporal } from '@temporalio/proto';
import { asAttemptState, type AttemptState } from '../contract/attempts.ts';
import { BATCH_MEMO_KEY, type BatchCounts, countsIn } from '../contract/batch.ts';
import { readCleanUpType } from '../contract/clean-up.ts';
import { JobError } from '../contract/errors.ts';
import { type JobMemo, MEMO_KEY, STEPS_MEMO_KEY, type StepsMemo, TAGS_ATTRIBUTE } from '../contract/messages.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import { STATISTICS_TYPE } from '../contract/statistics/queue-statistics.ts';
import type { Temporal } from './connection.ts';
import { isJobUnknown } from './errors.ts';
import { readFirstEvents } from './first-events.ts';
import { failureOf, instantMs, payloadAt, payloadValue } from './protocol.ts';

type ProtoDescription = temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse;
type ProtoInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo;
type ProtoActivity = temporal.api.workflow.v1.IPendingActivityInfo;
type ProtoPause = temporal.api.workflow.v1.IWorkflowExecutionPauseInfo;

export type CloseStatus = 'open' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out';
/** Index = the protocol's WorkflowExecutionStatus. Continued-as-new shows as open: the newest run goes on. */
const CLOSE_STATUSES: readonly CloseStatus[] = [
  'open',
  'open',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'open',
  'timed-out',
  'open',
];

/** What visibility and describe both tell of a job. */
export interface JobInfo {
  readonly id: string;
  readonly runId: string;
  readonly type: string;
  readonly queue: string;
  readonly close: CloseStatus;
  /** When this run was started. */
  readonly addedMs: number;
  /** When the job was added: before `addedMs` for one that was retried by hand. */
  readonly firstAddedMs: number;
  /** 1 for the first run of the job. */
  readonly run: number;
  /** Start time plus delay. */
  readonly dueMs: number;
  readonly closedMs: number | undefined;
  readonly historyLength: number;
  readonly priorityKey: number | undefined;
  readonly memo: JobMemo | undefined;
  readonly tags: readonly string[];
  readonly steps: StepsMemo | undefined;
  /** Of a batch: how many items had ended when its workflow said so last. */
  readonly batchCounts?: BatchCounts;
  /** Id of the job that started it. */
  readonly parent?: string;
  /** Id of the workflow that carries it with others; absent when it has one of its own. */
  readonly carrier?: string;
}

export type ActivityPhase = 'scheduled' | 'started' | 'cancelling';

/** Who holds a job or a handler call back, by Temporal's own tools. */
export interface Pause {
  readonly sinceMs: number | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

/** A handler call that is under way or waits. */
export interface PendingActivity {
  readonly id: string;
  readonly type: string;
  readonly phase: ActivityPhase;
  /** Queue whose workers run it, where the server tells. */
  readonly queue: string | undefined;
  readonly pause: Pause | undefined;
  /** The server's count, deaths and shutdowns included. */
  readonly attempt: number;
  /** When the next attempt is due; only while it backs off. */
  readonly nextAttemptMs: number | undefined;
  readonly startedMs: number | undefined;
  readonly worker: string | undefined;
  readonly state: AttemptState | undefined;
  readonly lastFailure: JobFailure | undefined;
}

export interface JobDescription extends JobInfo {
  readonly isCancelRequested: boolean;
  /** True while a workflow task waits for a worker or is being worked on. */
  readonly hasWorkflowTask: boolean;
  /** 1 for the first try of that task; higher after it failed or nobody answered. 0 without one. */
  readonly workflowTaskAttempt: number;
  /** When the whole job was paused in Temporal. */
  readonly pause: Pause | undefined;
  /** Rises with everything that the server does to this run, heartbeats included. */
  readonly transitions: number;
  /** Handler calls that are under way or wait. */
  readonly activities: readonly PendingActivity[];
  /** The clean-up of a single handler's job, once its handler has ended. */
  readonly cleanUp: PendingActivity | undefined;
  /** Whether its work has begun. Undefined: the rest of the description tells. */
  readonly isBegun?: boolean;
}

/** History of a job whose first workflow task has not been worked on: started, scheduled, the task's start and its failure. */
export const UNTOUCHED_HISTORY = 4;

/** What the server knows of the newest run of a job, or undefined when it knows none, or no job of this id. */
export async function describeJob(temporal: Temporal, id: string, runId?: string): Promise<JobDescription | undefined> {
  const job = await describeRun(temporal, id, runId);
  if (job === undefined || !isUnclear(job)) return job;
  const { dueMs = job.dueMs, isBegun } = await readFirstEvents(temporal, job);
  return { ...job, dueMs, isBegun };
}

/** True when somebody may have told a job that has not begun to start at another time: its history knows. */
function isUnclear({ close, activities, steps, dueMs, addedMs, historyLength, hasEndedTask }: ReadDescription): boolean {
  if (close !== 'open' || activities.length > 0 || steps !== undefined) return false;
  return dueMs > addedMs ? historyLength > 1 : historyLength > UNTOUCHED_HISTORY && !hasEndedTask;
}

async function describeRun(temporal: Temporal, id: string, runId: string | undefined): Promise<ReadDescription | undefined> {
  return await temporal.read(`read job "${id}"`, async () => {
    try {
      const execution = { workflowId: id, ...(runId === undefined ? {} : { runId }) };
      const answer = await temporal.client.workflowService.describeWorkflowExecution({ namespace: temporal.namespace, execution });
      const job = readDescription(answer);
      return job.type === STATISTICS_TYPE ? undefined : job;
    } catch (error) {
      if (isJobUnknown(error)) return undefined;
      throw error;
    }
  });
}

interface ReadDescription extends JobDescription {
  /** True once a workflow task of the run was worked on. */
  readonly hasEndedTask: boolean;
}

function readDescription(answer: ProtoDescription): ReadDescription {
  if (answer.workflowExecutionInfo == null) throw new JobError('internal', 'Temporal described a job without information.');
  const pending = (answer.pendingActivities ?? []).map(readActivity);
  return {
    ...readInfo(answer.workflowExecutionInfo),
    isCancelRequested: answer.workflowExtendedInfo?.cancelRequested === true,
    hasWorkflowTask: answer.pendingWorkflowTask != null,
    workflowTaskAttempt: answer.pendingWorkflowTask?.attempt ?? 0,
    pause: readJobPause(answer.workflowExtendedInfo?.pauseInfo),
    transitions: Number(String(answer.workflowExecutionInfo.stateTransitionCount ?? 0)),
    hasEndedTask: answer.workflowExecutionInfo.mostRecentWorkerVersionStamp != null,
    // The server lists them in no order; their ids are numbered as they were started.
    activities: pending
      .filter(({ type }) => readCleanUpType(type) === undefined)
      .toSorted((one, other) => byNumber.compare(one.id, other.id)),
    cleanUp: pending.find(({ type }) => readCleanUpType(type) !== undefined),
  };
}

const byNumber = new Intl.Collator('en', { numeric: true });

/** Reads what describe and list give alike. */
export function readInfo(info: ProtoInfo): JobInfo {
  const addedMs = instantMs(info.startTime) ?? 0;
  const fields = info.memo?.fields ?? {};
  const memo = readMemo(payloadValue(fields[MEMO_KEY]));
  return {
    id: info.execution?.workflowId ?? '',
    runId: info.execution?.runId ?? '',
    type: info.type?.name ?? '',
    queue: info.taskQueue ?? '',
    close: CLOSE_STATUSES[info.status ?? 0] ?? 'open',
    addedMs,
    firstAddedMs: memo?.addedMs ?? addedMs,
    run: memo?.run ?? 1,
    dueMs: instantMs(info.executionTime) ?? addedMs,
    closedMs: instantMs(info.closeTime),
    historyLength: Number(String(info.historyLength ?? 0)),
    priorityKey: info.priority?.priorityKey ?? undefined,
    memo,
    tags: readTags(payloadValue(info.searchAttributes?.indexedFields?.[TAGS_ATTRIBUTE])),
    steps: payloadValue(fields[STEPS_MEMO_KEY]) as StepsMemo | undefined,
    ...(info.parentExecution?.workflowId ? { parent: info.parentExecution.workflowId } : {}),
    ...(memo?.batch === undefined ? {} : { batchCounts: countsIn(payloadValue(fields[BATCH_MEMO_KEY])) }),
  };
}

function readMemo(memo: unknown): JobMemo | undefined {
  return typeof memo === 'object' && memo !== null ? memo : undefined;
}

function readTags(tags: unknown): readonly string[] {
  return Array.isArray(tags) ? tags.map(String) : [];
}

/** Index = the protocol's PendingActivityState: scheduled, started, cancel requested, paused, pause requested. */
const PHASES: readonly ActivityPhase[] = ['scheduled', 'scheduled', 'started', 'cancelling', 'scheduled', 'started'];

function readJobPause(pause: ProtoPause | null | undefined): Pause | undefined {
  return pause == null
    ? undefined
    : { sinceMs: instantMs(pause.pausedTime), by: pause.identity || undefined, reason: pause.reason || undefined };
}

function readPause({ paused, pauseInfo }: ProtoActivity): Pause | undefined {
  if (paused !== true) return undefined;
  const { manual, rule } = pauseInfo ?? {};
  return {
    sinceMs: instantMs(pauseInfo?.pauseTime),
    by: manual?.identity || rule?.identity || undefined,
    reason: manual?.reason || rule?.reason || undefined,
  };
}

function readActivity(activity: ProtoActivity): PendingActivity {
  return {
    id: activity.activityId ?? '',
    type: activity.activityType?.name ?? '',
    phase: PHASES[activity.state ?? 0] ?? 'scheduled',
    queue: activity.activityOptions?.taskQueue?.name || undefined,
    pause: readPause(activity),
    attempt: activity.attempt ?? 1,
    nextAttemptMs: instantMs(activity.nextAttemptScheduleTime),
    startedMs: instantMs(activity.lastStartedTime),
    worker: activity.lastWorkerIdentity ? activity.lastWorkerIdentity : undefined,
    state: asAttemptState(payloadAt(activity.heartbeatDetails, 0)),
    lastFailure: activity.lastFailure == null ? undefined : failureOf(activity.lastFailure),
  };
}
