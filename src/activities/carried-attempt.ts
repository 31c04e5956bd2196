/** Owns the attempt of one job in a chunk: what it has in the place of an activity of its own, and what became of it. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { type AttemptState, briefState } from '../contract/attempts.ts';
import { type ChunkRecord, MAX_CARRIED_MESSAGE, type Outcome } from '../contract/carrier.ts';
import { messageOf } from '../contract/errors.ts';
import type { ResultEnvelope } from '../contract/messages.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import type { Attempt, AttemptCall } from './attempt.ts';
import type { Beats } from './attempt-beats.ts';
import type { HandlerRun } from './run-handler.ts';

/** The record of a chunk is a part of each heartbeat, which the server limits. */
const MAX_CHECKPOINT_BYTES = 128 * 1024;

/** What the attempt of a job in a chunk takes for its activity. */
export class CarriedCall implements AttemptCall {
  readonly info: AttemptCall['info'];
  /** Whoever stops it tells the attempt itself. */
  readonly cancellationSignal = { addEventListener: () => undefined };
  readonly cancellationDetails = undefined;
  attempt: Attempt | undefined;

  constructor({ info }: AttemptCall, type: string) {
    this.info = { ...info, activityType: type, attempt: 1, heartbeatDetails: undefined };
  }

  heartbeat(): void {
    // The chunk's own has what is to be told.
  }
}

/** An attempt in a chunk has no heartbeats of its own. */
export function carriedBeats(attempt: Attempt, { host }: HandlerRun): Beats {
  return {
    announce: () => {
      host.observer.attemptStarted(attempt);
      return Promise.resolve();
    },
    begin: () => undefined,
    reported: (work) => work(),
    stop: () => undefined,
  };
}

/** Progress and checkpoints of those that run; checkpoints as long as there is room for them. */
export function runningJobs(running: ReadonlyMap<number, CarriedCall>): ChunkRecord['running'] {
  let room = MAX_CHECKPOINT_BYTES;
  return [...running].map(([job, { attempt }]) => {
    const { progress, checkpoint } = attempt?.state ?? {};
    room -= checkpoint === undefined ? 0 : JSON.stringify(checkpoint).length;
    return {
      job,
      startedMs: attempt?.startedAt.getTime() ?? Date.now(),
      ...(progress === undefined ? {} : { progress }),
      ...(checkpoint === undefined || room < 0 ? {} : { checkpoint }),
    };
  });
}

/** What became of an attempt; undefined when a shutdown has stopped it: another worker goes on with it. */
export function outcomeOf(job: number, attempt: Attempt, end: PromiseSettledResult<ResultEnvelope>): Outcome | undefined {
  const { state, startedAt, worker } = attempt;
  const about = { job, startedMs: startedAt.getTime(), endedMs: Date.now(), worker };
  if (end.status === 'fulfilled') {
    const { output, state: left } = end.value;
    return { ...about, end: 'completed', output, ...(left.progress === undefined ? {} : { state: left }) };
  }
  const failure: unknown = end.reason;
  const isCancelled = failure instanceof CancelledFailure || attempt.stopped?.code === 'cancelled';
  if (isCancelled) return { ...about, end: 'cancelled', state };
  if (attempt.stopped?.code === 'worker-shutdown') return undefined;
  const kept = leftBy(attempt);
  if (!(failure instanceof ApplicationFailure))
    return { ...about, end: 'failed', error: { code: 'internal', message: messageOf(failure) }, state: kept };
  if (failure.nonRetryable === true) return { ...about, end: 'failed', error: errorIn(failure), state: kept };
  return { ...about, end: 'again', dueMs: Date.now() + waitIn(failure), state: kept };
}

/** What an attempt that has ended leaves for the next one. */
export function leftBy({ state: { running: _running, ...left } }: Attempt): AttemptState {
  return briefState(left);
}

function errorIn({ type, message }: ApplicationFailure): JobFailure {
  return { code: type ?? 'handler-failed', message: message.slice(0, MAX_CARRIED_MESSAGE) };
}

/** The wait that an attempt's failure asks for, which this process has written as a number of milliseconds. */
function waitIn({ nextRetryDelay }: ApplicationFailure): number {
  return typeof nextRetryDelay === 'number' ? nextRetryDelay : 0;
}
