/**
 * Owns what a closed job left behind: output or error, and the attempt record, read from the last events of its
 * history.
 */
import type { temporal } from '@temporalio/proto';
import { asAttemptState, type AttemptState } from '../contract/attempts.ts';
import { readCleanUpType } from '../contract/clean-up.ts';
import { RECORD, type ResultEnvelope } from '../contract/messages.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import { deadlineError } from '../contract/time-limits.ts';
import { cancelIn, type CancelRecord } from './cancel-record.ts';
import type { Temporal } from './connection.ts';
import type { JobInfo } from './describe.ts';
import { isUnimplemented } from './errors.ts';
import { failureOf, instantMs, payloadAt, stateInFailure } from './protocol.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export interface JobEnding {
  readonly output?: unknown;
  readonly error?: JobFailure;
  /** The record of a single handler's last attempt. */
  readonly state?: AttemptState;
  /** True once the single handler has returned: the attempt that did so leaves no record. */
  readonly isHandled?: boolean;
  /** True while the history has the call of the handler and not its end. */
  readonly isCalled?: boolean;
  /** Start and worker of the last attempt. */
  readonly startedMs?: number;
  readonly worker?: string;
  readonly cancel?: CancelRecord;
}

/** A job that is closed, or that is being cancelled. */
type EndedJob = JobInfo & { readonly isCancelRequested?: boolean };

/** The events that end a single handler's job are the last five; its clean-up has six more, and signals and a cancel may stand between. */
const LAST_EVENTS = 24;
/** Between the cancel and the end may be what the handler still reported, and the steps of a clean-up. */
const LAST_EVENTS_OF_CANCELLED = 500;

/** What the closed job left; of one that is being cancelled, what is known already. */
export async function readEnding(temporal: Temporal, job: EndedJob): Promise<JobEnding> {
  const events = await temporal.read(`read the end of job "${job.id}"`, () => lastEvents(temporal, job));
  const isOneHandler = job.steps === undefined;
  const cleanUps = new Set(events.filter(isCleanUpScheduled).map(({ eventId }) => String(eventId)));
  const ending: JobEnding[] = events.map((event) => ({
    ...closingFacts(event, job),
    ...(isOneHandler && !cleanUps.has(scheduledEventOf(event)) ? attemptFacts(event) : {}),
  }));
  return ending.reduceRight((facts, newer) => ({ ...facts, ...newer }), {});
}

/** Newest first. The time-skipping server of the tests cannot read backwards. */
async function lastEvents(temporal: Temporal, job: EndedJob): Promise<HistoryEvent[]> {
  const { workflowService } = temporal.client;
  try {
    const answer = await workflowService.getWorkflowExecutionHistoryReverse({
      ...executionOf(temporal, job),
      maximumPageSize: job.isCancelRequested === true || job.close === 'cancelled' ? LAST_EVENTS_OF_CANCELLED : LAST_EVENTS,
    });
    return answer.history?.events ?? [];
  } catch (error) {
    if (!isUnimplemented(error)) throw error;
    const answer = await workflowService.getWorkflowExecutionHistory(executionOf(temporal, job));
    return (answer.history?.events ?? []).toReversed();
  }
}

function executionOf(temporal: Temporal, { id, runId }: JobInfo): { namespace: string; execution: { workflowId: string; runId: string } } {
  return { namespace: temporal.namespace, execution: { workflowId: id, runId } };
}

function closingFacts(event: HistoryEvent, job: JobInfo): JobEnding {
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed != null) return { output: payloadAt(completed.result, 0) };
  const failure = event.workflowExecutionFailedEventAttributes?.failure;
  if (failure != null) return { error: failureOf(failure), ...stateFact(stateInFailure(failure)) };
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated != null) return { error: { code: 'terminated', message: terminated.reason || 'Ended from outside, without clean-up.' } };
  if (event.workflowExecutionTimedOutEventAttributes != null) return { error: timeoutFailure(job) };
  const cancel = cancelIn(event);
  return cancel === undefined ? {} : { cancel };
}

function isCleanUpScheduled({ activityTaskScheduledEventAttributes: scheduled }: HistoryEvent): boolean {
  return scheduled != null && readCleanUpType(scheduled.activityType?.name ?? '') !== undefined;
}

/** Which handler call an event is about. */
function scheduledEventOf(event: HistoryEvent): string {
  const about =
    event.activityTaskStartedEventAttributes ??
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  return String(about?.scheduledEventId ?? '');
}

/** The time limit of a run is the job's deadline, unless other programs started it. */
export function timeoutFailure({ memo }: JobInfo): JobFailure {
  if (memo?.deadlineMs === undefined) return { code: 'timed-out', message: 'The job took longer than the time limit of its workflow.' };
  const { code, message } = deadlineError(memo.deadlineMs);
  return { code, message };
}

function attemptFacts(event: HistoryEvent): JobEnding {
  const started = event.activityTaskStartedEventAttributes;
  if (started != null) {
    const startedMs = instantMs(event.eventTime);
    return { ...(startedMs === undefined ? {} : { startedMs }), ...(started.identity ? { worker: started.identity } : {}) };
  }
  if (event.activityTaskScheduledEventAttributes != null) return { isCalled: true };
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal?.signalName === RECORD) return stateFact(asAttemptState(payloadAt(signal.input, 0)));
  const result = event.activityTaskCompletedEventAttributes?.result;
  if (result != null)
    return { isHandled: true, isCalled: false, ...stateFact(asAttemptState((payloadAt(result, 0) as ResultEnvelope | undefined)?.state)) };
  const failure = event.activityTaskFailedEventAttributes?.failure;
  if (failure != null) return { isCalled: false, ...stateFact(stateInFailure(failure)) };
  const { activityTaskTimedOutEventAttributes: timedOut, activityTaskCanceledEventAttributes: cancelled } = event;
  if (timedOut == null && cancelled == null) return {};
  const left = timedOut?.failure?.timeoutFailureInfo?.lastHeartbeatDetails ?? cancelled?.details;
  return { isCalled: false, ...stateFact(asAttemptState(payloadAt(left, 0))) };
}

function stateFact(state: AttemptState | undefined): JobEnding {
  return state === undefined ? {} : { state };
}
