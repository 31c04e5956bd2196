/** Owns how a job that is carried is told as if it had a workflow of its own, so that what reads one reads the other. Pure. */
import { type ActionRecord, noteIn } from '../../contract/actions.ts';
import { FIRST_ATTEMPT } from '../../contract/attempts.ts';
import { type CarriedJob, carriedId, type Outcome } from '../../contract/carrier.ts';
import type { JobMemo } from '../../contract/messages.ts';
import type { JobDescription, PendingActivity } from '../describe.ts';
import type { JobEnding } from '../ending.ts';
import { isoTime } from '../protocol.ts';
import type { CarrierView } from './carrier-view.ts';

/** A job as describe and history tell it. */
export interface ToldJob {
  readonly job: JobDescription;
  readonly ending: JobEnding;
  readonly input: unknown;
  /** Second argument of its workflow, as it came. */
  readonly runOptions: unknown;
  readonly actions: readonly ActionRecord[];
  /** True when the server holds its call for its next attempt. */
  readonly isHeld: boolean;
}

const CLOSES = { completed: 'completed', failed: 'failed', cancelled: 'cancelled' } as const;
/** So many that its handler counts as called. */
const BEGUN_HISTORY = 100;

/** The job at a place; undefined when the carrier has none there. */
export function carriedJob(view: CarrierView, place: number): ToldJob | undefined {
  const { carrier, inputs, runOptions } = view;
  const one = view.jobs[place];
  if (one === undefined) return undefined;
  const outcome = one.phase === 'ended' ? one.outcome : undefined;
  const activities = outcome === undefined ? callsOf(view, place, one) : [];
  const job: JobDescription = {
    ...carrier,
    id: carriedId(carrier.id, place),
    carrier: carrier.id,
    memo: memoOf(carrier),
    close: outcome === undefined ? 'open' : CLOSES[outcome.end],
    closedMs: outcome?.endedMs,
    isCancelRequested: outcome === undefined && one.cancel !== undefined,
    hasWorkflowTask: outcome === undefined && activities.length === 0,
    historyLength: outcome !== undefined || activities.length > 0 ? BEGUN_HISTORY : 1,
    activities,
    cleanUp: undefined,
  };
  return {
    job,
    ending: endingOf(one, outcome),
    actions: actionsOf(view, place),
    input: inputs[place]?.input,
    runOptions,
    isHeld: (callOf(carrier, place)?.attempt ?? 0) > 1,
  };
}

function callsOf(view: CarrierView, place: number, one: CarriedJob): readonly PendingActivity[] {
  if (one.phase === 'own') return [ownCall(view, place, one)];
  const call = one.phase === 'chunk' ? chunkOf(view, place) : undefined;
  return call === undefined ? [] : [callInChunk(view, place, call)];
}

/** That of a job: it carries nothing. */
function memoOf({ memo }: JobDescription): JobMemo | undefined {
  if (memo === undefined) return undefined;
  const { carries: _carries, ...own } = memo;
  return own;
}

function callOf({ activities, type }: JobDescription, place: number): PendingActivity | undefined {
  return activities.find((activity) => activity.type === type && activity.id === String(place));
}

function ownCall({ carrier }: CarrierView, place: number, one: Extract<CarriedJob, { phase: 'own' }>): PendingActivity {
  const own = callOf(carrier, place);
  // The first attempt is there only to be told that it is not due.
  const isToBeHeld = own === undefined || (own.attempt === 1 && one.before.dueMs > Date.now());
  return isToBeHeld ? waitingCall(carrier, place, one) : own;
}

/** The chunk that the job is in; of several any one will do for a job that is not begun. */
function chunkOf({ carrier }: CarrierView, place: number): PendingActivity | undefined {
  const chunks = carrier.activities.filter(({ type }) => type !== carrier.type);
  const has = ({ state }: PendingActivity): boolean =>
    [...(state?.chunk?.running ?? []), ...(state?.chunk?.interrupted ?? [])].some(({ job }) => job === place);
  return chunks.find(has) ?? chunks[0];
}

/** The call as if it were of this job alone. */
function callInChunk({ carrier, running }: CarrierView, place: number, chunk: PendingActivity): PendingActivity {
  const call = { ...chunk, type: carrier.type, id: String(place) };
  const now = running.get(place);
  if (now !== undefined) {
    const { startedMs, progress, checkpoint, worker } = now;
    const left = { ...(progress === undefined ? {} : { progress }), ...(checkpoint === undefined ? {} : { checkpoint }) };
    const attempt = { worker: worker ?? '', startedAt: isoTime(startedMs), isAlone: false };
    return { ...call, phase: 'started', attempt: 1, startedMs, worker, state: { ...FIRST_ATTEMPT, ...left, running: attempt } };
  }
  const interrupted = chunk.state?.chunk?.interrupted.find(({ job }) => job === place)?.state;
  const { isHandlerMissing, uncounted = 0 } = chunk.state ?? {};
  const state = isHandlerMissing === true ? { ...FIRST_ATTEMPT, uncounted, isHandlerMissing } : interrupted;
  const isWaiting = chunk.phase === 'started';
  return {
    ...call,
    state,
    phase: isWaiting ? 'scheduled' : chunk.phase,
    attempt: isWaiting ? 1 : chunk.attempt,
    ...(isWaiting ? { nextAttemptMs: undefined } : {}),
  };
}

/** The call that is going to be made for a job that has left its chunk. */
function waitingCall({ queue, type }: JobDescription, place: number, { before }: Extract<CarriedJob, { phase: 'own' }>): PendingActivity {
  return {
    id: String(place),
    type,
    phase: 'scheduled',
    queue,
    pause: undefined,
    attempt: 2,
    nextAttemptMs: before.dueMs,
    startedMs: before.startedMs,
    worker: before.worker,
    state: before.state,
    lastFailure: before.state?.records.at(-1)?.error,
  };
}

function actionsOf({ actions, jobs }: CarrierView, place: number): readonly ActionRecord[] {
  const cancel = jobs[place]?.cancel;
  const cancelled: readonly ActionRecord[] =
    cancel === undefined ? [] : [{ action: 'cancel', at: isoTime(cancel.atMs), ...noteIn(cancel) }];
  return [...(actions.get(place) ?? []), ...cancelled];
}

function endingOf({ cancel }: CarriedJob, outcome: Exclude<Outcome, { end: 'again' }> | undefined): JobEnding {
  const word = cancel === undefined ? {} : { cancel: { at: isoTime(cancel.atMs), ...noteIn(cancel) } };
  if (outcome === undefined) return word;
  const { startedMs, worker, state } = outcome;
  return {
    ...word,
    ...(outcome.end === 'completed' ? { output: outcome.output, isHandled: true } : {}),
    ...(outcome.end === 'failed' ? { error: outcome.error } : {}),
    ...(startedMs === undefined ? {} : { startedMs }),
    ...(worker === undefined ? {} : { worker }),
    ...(state === undefined ? {} : { state }),
  };
}
