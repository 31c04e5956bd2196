/**
 * Owns how the jobs of a carrier stand, read from the server with no worker needed: its history and the heartbeats of its open chunks go
 * through the reducer that the workflow itself has.
 */
import type { temporal as protocol } from '@temporalio/proto';
import { asActionSignal, BY_HAND } from '../../contract/action-signal.ts';
import { type ActionRecord, noteIn } from '../../contract/actions.ts';
import {
  apply,
  asCancelJobs,
  asOutcomes,
  CANCEL_JOBS,
  type CarriedInput,
  type CarrierMessage,
  type CarrierState,
  type ChunkCall,
  type ChunkResult,
  newCarrier,
  type Outcome,
  OUTCOMES,
  readChunkType,
  type RunningJob,
} from '../../contract/carrier.ts';
import type { ResultEnvelope } from '../../contract/messages.ts';
import type { JobFailure } from '../../contract/snapshot.ts';
import type { Temporal } from '../connection.ts';
import { cancelIn } from '../cancel-record.ts';
import { timeoutFailure } from '../ending.ts';
import { actionIn } from '../first-events.ts';
import { describeJob, type JobDescription } from '../describe.ts';
import { type HistoryEvent, historyOf } from '../history.ts';
import { closedStatus } from '../status.ts';
import { failureOf, instantMs, payloadAt, rootFailure, stateInFailure } from '../protocol.ts';

export interface CarrierView {
  readonly carrier: JobDescription;
  readonly inputs: readonly CarriedInput[];
  /** Second argument of the workflow, as it came. */
  readonly runOptions: unknown;
  readonly jobs: CarrierState;
  /** What was done by hand with jobs, by their places, oldest first. */
  readonly actions: ReadonlyMap<number, readonly ActionRecord[]>;
  /** Jobs that run in a chunk. */
  readonly running: ReadonlyMap<number, RunningJob & { readonly worker: string | undefined }>;
}

/** How all jobs of a carrier stand; undefined when there is none of this id. */
export async function readCarrier(temporal: Temporal, workflowId: string): Promise<CarrierView | undefined> {
  // In this order: what ends between the two is in the history, and not only gone from the description.
  const carrier = await describeJob(temporal, workflowId);
  if (carrier?.memo?.carries === undefined) return undefined;
  const events: HistoryEvent[] = [];
  for await (const event of historyOf(temporal, { workflowId, runId: carrier.runId })) events.push(event);
  return viewOf(carrier, events);
}

function viewOf(carrier: JobDescription, events: readonly HistoryEvent[]): CarrierView {
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const given = payloadAt(started?.input, 0);
  const inputs = Array.isArray(given) ? (given as readonly CarriedInput[]) : [];
  const calls = new Calls();
  const messages = [...events.flatMap((event) => calls.messagesOf(event)), ...beatenMessages(carrier), ...closing(carrier)];
  const jobs = messages.reduce(apply, newCarrier(inputs.length));
  return { carrier, inputs, runOptions: payloadAt(started?.input, 1), jobs, actions: actionsIn(events), running: runningIn(carrier, jobs) };
}

/** A cancel is told with the job itself. */
function actionsIn(events: readonly HistoryEvent[]): CarrierView['actions'] {
  const actions = new Map<number, readonly ActionRecord[]>();
  for (const event of events) {
    const signal = event.workflowExecutionSignaledEventAttributes;
    const place = signal?.signalName === BY_HAND ? asActionSignal(payloadAt(signal.input, 0))?.job : undefined;
    const action = place === undefined ? undefined : actionIn(event);
    if (place !== undefined && action !== undefined) actions.set(place, [...(actions.get(place) ?? []), action]);
  }
  return actions;
}

/** The protocol's RetryState. */
const CANCEL_REQUESTED = 7;

/** A call of a handler's worker: of a chunk, or of one job. */
type Call = { readonly chunk: readonly number[] } | { readonly place: number };

/** The calls that the history tells of, by the event that scheduled them. */
class Calls {
  readonly #calls = new Map<string, Call>();

  /** What an event says about the jobs. */
  messagesOf(event: HistoryEvent): readonly CarrierMessage[] {
    const atMs = instantMs(event.eventTime) ?? 0;
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled != null) {
      const call = callOf(scheduled);
      this.#calls.set(String(event.eventId), call);
      return 'chunk' in call ? [{ kind: 'chunk-out', jobs: call.chunk }] : [];
    }
    const cancel = cancelIn(event);
    if (cancel !== undefined) return [{ kind: 'cancel', jobs: 'all', word: { atMs, ...noteIn(cancel) } }];
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName === OUTCOMES) return [{ kind: 'outcomes', outcomes: asOutcomes(payloadAt(signal.input, 0)) ?? [] }];
    if (signal?.signalName === CANCEL_JOBS) return cancelMessage(payloadAt(signal.input, 0), atMs);
    return this.#endOfCall(event, atMs);
  }

  #endOfCall(event: HistoryEvent, atMs: number): readonly CarrierMessage[] {
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    const about = completed ?? failed ?? event.activityTaskCanceledEventAttributes;
    const call = about == null ? undefined : this.#calls.get(String(about.scheduledEventId));
    if (call === undefined) return [];
    // An attempt that failed when a cancel had been asked for is not tried again, and says why it failed.
    const isCutShort = (failed?.retryState as number | null | undefined) === CANCEL_REQUESTED;
    const failure = isCutShort ? undefined : (failed?.failure ?? undefined);
    if ('place' in call)
      return [{ kind: 'outcomes', outcomes: [outcomeOf(call.place, { envelope: payloadAt(completed?.result, 0), failure, atMs })] }];
    const told = asOutcomes((payloadAt(completed?.result, 0) as { readonly output?: ChunkResult } | undefined)?.output) ?? [];
    const error = failure === undefined || isCancel(failure) ? {} : { error: failureOf(failure) };
    return [
      { kind: 'outcomes', outcomes: told },
      { kind: 'chunk-over', jobs: call.chunk, atMs, ...error },
    ];
  }
}

function callOf(scheduled: protocol.api.history.v1.IActivityTaskScheduledEventAttributes): Call {
  if (readChunkType(scheduled.activityType?.name ?? '') === undefined) return { place: Number(scheduled.activityId) };
  const { jobs = [] } = (payloadAt(scheduled.input, 0) ?? {}) as Partial<ChunkCall>;
  return { chunk: jobs.map(({ place }) => place) };
}

function cancelMessage(value: unknown, atMs: number): readonly CarrierMessage[] {
  const signal = asCancelJobs(value);
  if (signal === undefined) return [];
  const { jobs, left } = signal;
  return [{ kind: 'cancel', jobs, word: { atMs, ...noteIn(signal), ...(left === undefined ? {} : { left }) } }];
}

interface EndOfCall {
  readonly envelope: unknown;
  /** Undefined: it completed, or the server itself cancelled it. */
  readonly failure: protocol.api.failure.v1.IFailure | undefined;
  readonly atMs: number;
}

/** What the call of one job ended with. */
function outcomeOf(job: number, { envelope, failure, atMs }: EndOfCall): Outcome {
  const about = { job, endedMs: atMs };
  if (envelope !== undefined) {
    const { output, state } = envelope as ResultEnvelope;
    return { ...about, end: 'completed', output, state };
  }
  const state = stateInFailure(failure);
  const left = { ...about, ...(state === undefined ? {} : { state }) };
  return failure === undefined || isCancel(failure) ? { ...left, end: 'cancelled' } : { ...left, end: 'failed', error: failureOf(failure) };
}

function isCancel(failure: protocol.api.failure.v1.IFailure): boolean {
  const root = rootFailure(failure);
  return root.canceledFailureInfo != null || root.applicationFailureInfo?.type === 'cancelled';
}

/** What open chunks have written down in their heartbeats. */
function beatenMessages({ activities }: JobDescription): readonly CarrierMessage[] {
  return activities.flatMap(({ state }): CarrierMessage[] =>
    state?.chunk === undefined ? [] : [{ kind: 'outcomes', outcomes: asOutcomes(state.chunk) ?? [] }],
  );
}

/** A carrier that was ended from outside ends its open jobs. */
function closing(carrier: JobDescription): readonly CarrierMessage[] {
  const status = closedStatus(carrier);
  if (status === undefined) return [];
  const outcomes = Array.from({ length: carrier.memo?.carries ?? 0 }, (_none, job) => {
    const about = { job, endedMs: carrier.closedMs ?? 0 };
    // Of one that has completed every job has an end, but those whose calls were cancelled before they were made.
    const isCancelled = status === 'cancelled' || status === 'completed';
    return isCancelled ? { ...about, end: 'cancelled' as const } : { ...about, end: 'failed' as const, error: endedFromOutside(carrier) };
  });
  return [{ kind: 'outcomes', outcomes }];
}

function endedFromOutside(carrier: JobDescription): JobFailure {
  if (carrier.close === 'timed-out') return timeoutFailure(carrier);
  return { code: 'terminated', message: 'The workflow that carried it was ended from outside.' };
}

function runningIn({ activities }: JobDescription, jobs: CarrierState): CarrierView['running'] {
  const running = new Map<number, RunningJob & { readonly worker: string | undefined }>();
  for (const { state, worker } of activities)
    for (const one of state?.chunk?.running ?? []) if (jobs[one.job]?.phase === 'chunk') running.set(one.job, { ...one, worker });
  return running;
}
