/** Owns the attempt of one job of several that share a call: what it has in the place of an activity of its own, and what became of it. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { type AttemptState, briefState, diedInCall, stateOfNewCall } from '../contract/attempts.ts';
import { MAX_CARRIED_MESSAGE, type Outcome, type RunningJob } from '../contract/carrier.ts';
import { messageOf } from '../contract/errors.ts';
import type { ResultEnvelope } from '../contract/messages.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import type { CarriedValues } from '../payloads/carried-values.ts';
import { Attempt, type AttemptCall, type AttemptRule } from './attempt.ts';
import type { Beats } from './attempt-beats.ts';
import type { HandledJob } from './handle.ts';
import { attemptRule, type HandlerRun, runAttempt, valuesOf } from './run-handler.ts';

/** The record of a chunk is a part of each heartbeat, which the server limits. */
const MAX_CHECKPOINT_BYTES = 128 * 1024;

/** One of the jobs that share a call. */
export interface SharingJob {
  /** Its place among all of its workflow. */
  readonly place: number;
  readonly input?: unknown;
  /** What its attempts before left. */
  readonly before?: AttemptState | undefined;
}

/** A call that jobs share: what their attempts have in common is made once. */
export class SharedCall {
  readonly #handled: HandledJob;
  readonly #run: HandlerRun;
  readonly #rule: AttemptRule;
  readonly #values: CarriedValues;

  constructor(handled: HandledJob, { context, host, options, limit }: HandlerRun, timeoutMs: number | undefined) {
    const call = callOf(context, handled.contract.name);
    // Who cancels one of several tells the call that they share.
    const quiet = { ...host, isCancelled: () => false as const };
    const own = { ...options, carried: 0, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    this.#handled = handled;
    this.#run = { context: call, options: own, host: quiet, limit };
    this.#rule = attemptRule(handled.contract, own, call);
    this.#values = valuesOf(this.#run, handled.contract);
  }

  /** The attempt of one job. */
  attempt({ place, input, before }: SharingJob): CarriedAttempt {
    const rule = {
      ...this.#rule,
      carried: place,
      ...(before === undefined ? {} : { before: { state: stateOfNewCall(before), dueMs: 0 } }),
    };
    const { context, host } = this.#run;
    const attempt = new Attempt(context, host.identity, rule);
    return { attempt, make: async (release) => await this.#make({ attempt, place, input, rule }, release) };
  }

  /** Makes the attempt, in a place that it gives back. */
  async #make({ attempt, place, input, rule }: BegunAttempt, release: () => void): Promise<Outcome | undefined> {
    try {
      const envelope = await runAttempt(this.#handled, input, {
        attempt,
        limit: { takeNow: () => release, acquire: () => Promise.resolve(release) },
        rule,
        beats: { ...NO_BEATS, announce: () => this.#run.host.observer.attemptStarted(attempt) },
        values: this.#values,
        run: this.#run,
      });
      return completed(place, attempt, envelope);
    } catch (error) {
      return outcomeOf(place, attempt, error);
    }
  }
}

interface BegunAttempt extends Pick<SharingJob, 'place' | 'input'> {
  readonly attempt: Attempt;
  readonly rule: AttemptRule;
}

/** The attempt of one job of several that share a call. */
export interface CarriedAttempt {
  readonly attempt: Attempt;
  /** Makes it, in a place that it gives back. Undefined when a shutdown has stopped it. */
  readonly make: (release: () => void) => Promise<Outcome | undefined>;
}

/** What attempts take for an activity of their own. Whoever stops one tells the attempt itself, and the heartbeats of the shared call have what is to be told. */
function callOf({ info }: AttemptCall, type: string): AttemptCall {
  return {
    info: { ...info, activityType: type, attempt: 1, heartbeatDetails: undefined },
    cancellationSignal: { addEventListener: () => undefined },
    cancellationDetails: undefined,
    heartbeat: () => undefined,
  };
}

/** An attempt in a shared call has no heartbeats of its own. */
const NO_BEATS: Omit<Beats, 'announce'> = {
  begin: () => undefined,
  reported: (work) => work(),
  stop: () => undefined,
};

/** Progress and checkpoints of those that run; checkpoints as long as there is room for them. */
export function runningJobs(running: ReadonlyMap<number, CarriedAttempt>): readonly RunningJob[] {
  let room = MAX_CHECKPOINT_BYTES;
  return [...running].map(([job, { attempt }]) => {
    const { progress, checkpoint } = attempt.state;
    room -= checkpoint === undefined ? 0 : JSON.stringify(checkpoint).length;
    return {
      job,
      startedMs: attempt.startedAt.getTime(),
      ...(progress === undefined ? {} : { progress }),
      ...(checkpoint === undefined || room < 0 ? {} : { checkpoint }),
    };
  });
}

function about(job: number, { startedAt, worker }: Attempt): Pick<Outcome, 'job' | 'startedMs' | 'endedMs' | 'worker'> {
  return { job, startedMs: startedAt.getTime(), endedMs: Date.now(), worker };
}

function completed(job: number, attempt: Attempt, { output, state }: ResultEnvelope): Outcome {
  const isPlain = state.progress === undefined && state.records.length === 0;
  return { ...about(job, attempt), end: 'completed', output, ...(isPlain ? {} : { state }) };
}

/** What became of an attempt that did not complete its job; undefined when a shutdown has stopped it: another worker goes on with it. */
function outcomeOf(job: number, attempt: Attempt, failure: unknown): Outcome | undefined {
  const isCancelled = failure instanceof CancelledFailure || attempt.stopped?.code === 'cancelled';
  if (isCancelled) return { ...about(job, attempt), end: 'cancelled', state: attempt.state };
  if (attempt.stopped?.code === 'worker-shutdown') return undefined;
  const kept = leftBy(attempt);
  if (!(failure instanceof ApplicationFailure))
    return { ...about(job, attempt), end: 'failed', error: { code: 'internal', message: messageOf(failure) }, state: kept };
  if (failure.nonRetryable === true) return { ...about(job, attempt), end: 'failed', error: errorIn(failure), state: kept };
  return { ...about(job, attempt), end: 'again', dueMs: Date.now() + waitIn(failure), state: kept };
}

/** What a job left that ran in a shared call when its worker died. `call`: the state of the next attempt of that call. */
export function leftByDead(
  { startedMs, progress, checkpoint }: RunningJob,
  { records }: Pick<AttemptState, 'records'>,
  before?: AttemptState,
): AttemptState {
  const { worker, endedAt = new Date().toISOString() } = records.at(-1) ?? {};
  const startedAt = new Date(startedMs).toISOString();
  return {
    ...diedInCall(before, { startedAt, endedAt, ...(worker === undefined ? {} : { worker }) }),
    ...(progress === undefined ? {} : { progress }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
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
