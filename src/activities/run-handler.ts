/**
 * Owns how a handler becomes a Temporal activity: validation, the handler limit, timeout, heartbeats, and what is
 * reported in the end. The rules of attempts:
 *
 * 1. A handler failure or a timeout uses up an attempt; at `maxAttempts` the job is failed by a non-retryable error.
 * 2. A worker shutdown or death uses up none, nor does a handler that is snoozed before it did anything. After two deaths a job
 *    is run alone; three deaths while alone: `poison`.
 * 3. A mismatch of input or output, and every error whose code is not retryable, fails the job at once.
 * 4. After a timeout or a shutdown a handler has a moment to stop; then the attempt is reported without it, and its
 *    place is kept until it really ends. After a cancel the job waits for its handler.
 */
import { ApplicationFailure, CancelledFailure, type Info } from '@temporalio/activity';
import { type AttemptState, briefState, POISON_DEATHS } from '../contract/attempts.ts';
import { MAX_CARRIED_MESSAGE, MAX_CARRIED_OUTPUT_BYTES, MAX_SHARED_CHECKPOINT_BYTES, type Outcome } from '../contract/carrier.ts';
import type { JobContract } from '../contract/define-job.ts';
import { type ErrorCode, JobError, messageOf, stackOf } from '../contract/errors.ts';
import { formatMs } from '../contract/duration.ts';
import type { ResultEnvelope, RunOptions } from '../contract/messages.ts';
import { encodePayload } from '../contract/payload.ts';
import type { Progress } from '../contract/progress.ts';
import { parseInput, parseOutput } from '../contract/validate.ts';
import type { Log } from '../log.ts';
import type { CarriedValues } from '../payloads/carried-values.ts';
import { Attempt, type AttemptCall, type AttemptRule } from './attempt.ts';
import { type Beats, startBeats } from './attempt-beats.ts';
import type { AttemptObserver } from './attempt-observer.ts';
import { withTimeout } from './attempt-timeout.ts';
import { codeOf } from './error-code.ts';
import type { AttemptEnd, HandledJob, HandlerContext, HandlerServices } from './handle.ts';
import type { CancelNotices } from './cancel-notices.ts';
import type { HandlerLimit } from './handler-limit.ts';
import type { Heartbeats } from './heartbeats.ts';
import { Snooze } from './handler-errors.ts';
import { notYet, waitAfter } from './next-attempt.ts';
import { type RunningHandlers, SUSPECT_DEATHS } from './running-handlers.ts';
import { callLimits, throwIfOver } from './time-limits.ts';

/** A run of a workflow. */
export interface WorkflowRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** What all handlers of a process share. */
export interface HandlerHost {
  readonly identity: string;
  readonly heartbeats: Heartbeats;
  readonly cancels: CancelNotices;
  /** Whether this call is not wanted any more, since its job was cancelled while nobody could carry that out. Asked before each handler call. */
  isCancelled(call: Info, options: RunOptions): Promise<boolean> | false;
  readonly log: Log;
  /** How inputs and outputs travel. */
  readonly values: CarriedValues;
  readonly services: HandlerServices;
  readonly observer: AttemptObserver;
  readonly running: RunningHandlers;
  /** Tells the server that the handler of a job that can expire was started: it may not expire while it waits for a further attempt. */
  begun(call: AttemptCall): Promise<void>;
  /** Makes a heartbeat of an attempt and waits until the server has it. */
  writeAhead(taskToken: Uint8Array, record: AttemptState): Promise<void>;
  /** Tells a carrier what became of some of its jobs. */
  tellOutcomes(carrier: WorkflowRun, outcomes: readonly Outcome[]): Promise<void>;
  /** Places of the jobs of a carrier that somebody has cancelled. */
  cancelledJobs(carrier: WorkflowRun): Promise<ReadonlySet<number> | 'all'>;
  /** Makes the server's index ready for jobs that share workflows. */
  indexGroups(): Promise<void>;
  /** Tells the workflow of a long-running handler how far it is. Best effort. */
  reportProgress(workflow: WorkflowRun, step: string, progress: Progress): void;
}

/** One handler call: the activity it is, and where it runs. */
export interface HandlerRun {
  readonly context: AttemptCall;
  readonly options: RunOptions;
  readonly host: HandlerHost;
  readonly limit: HandlerLimit;
}

/** Where a handler gets a place to run in. */
export type Places = Pick<HandlerLimit, 'takeNow' | 'acquire'>;

/** How long a stopped handler has to end, by what stopped it. */
const GRACE_MS: Partial<Record<ErrorCode, number>> = { 'timed-out': 1000, 'deadline-exceeded': 1000, 'worker-shutdown': 2000 };
const HOOK_LIMIT_MS = 30_000;
const MAX_FAILURE_MESSAGE = 4000;
const MAX_FAILURE_STACK = 4000;

/** Runs the handler of one job type as the activity that `context` describes. */
export async function runHandledJob(handled: HandledJob, input: unknown, run: HandlerRun): Promise<ResultEnvelope> {
  const { context, options, host, limit } = run;
  const rule = attemptRule(handled.contract, options, context);
  const attempt = new Attempt(context, host.identity, rule);
  if (attempt.checkpointProblem !== undefined)
    host.log.warn('checkpoint not used', { type: attempt.type, job: attempt.jobId, error: attempt.checkpointProblem });
  const beats = startBeats(attempt, context, host);
  const unlisten = host.cancels.listen(attempt.call, () => attempt.abort(new JobError('cancelled')));
  try {
    const values = valuesOf(run, handled.contract);
    return await beats.reported(() => runAttempt(handled, input, { attempt, limit, rule, beats, values, run }));
  } finally {
    unlisten();
    beats.stop();
  }
}

/** Makes the attempt, and tells of its end whoever is to hear of it. Rejects with what the server is told of an attempt that did not complete. */
export async function runAttempt(handled: HandledJob, input: unknown, attemptRun: LimitedRun): Promise<ResultEnvelope> {
  const { attempt, rule, run } = attemptRun;
  const { host } = run;
  // A later attempt of the call is due when the server says so, which may have been told to make it at once.
  const early = run.context.info.attempt === 1 ? notYet(attempt, rule.before?.dueMs) : undefined;
  if (early !== undefined) throw early;
  const before = usedUp(attempt);
  if (before !== undefined) {
    await tell(handled, { outcome: 'timed-out', error: before, isLast: true }, { attempt, host });
    throw before;
  }
  try {
    if (attempt.state.deathsAlone >= POISON_DEATHS) throw new JobError('poison');
    const { output, sent } = await runWithinLimit(handled, input, attemptRun);
    const told = tell(handled, { outcome: 'completed', output }, { attempt, host });
    if (told !== undefined) await told;
    const { running: _running, ...state } = attempt.state;
    return { output: sent, state: attempt.isCarried ? briefState(state) : state };
  } catch (error) {
    const end = endOf(error, attempt, { contract: handled.contract, rule, log: host.log });
    await tell(handled, end, { attempt, host });
    throw failureOf(end, attempt, run);
  }
}

/**
 * Not only of the last attempt: a cancel that arrives meanwhile makes this one the last. The cancel of a carried job says so itself, and
 * its carrier has each failure in its history twice.
 */
function detailsOf({ isCarried, state }: Attempt, isLast: boolean): AttemptState[] {
  if (!isCarried) return [state];
  return isLast ? [briefState(state)] : [];
}

/** How outputs travel: those of a type that shares workflows the same, whether the job does or not. */
export function valuesOf({ host: { values }, options }: HandlerRun, { group }: JobContract): CarriedValues {
  return group || options.carried !== undefined ? values.within(MAX_CARRIED_OUTPUT_BYTES) : values;
}

/** The failure of a job whose last attempt was counted by somebody else, since its own worker was blocked. */
function usedUp({ state, maxAttempts }: Attempt): ApplicationFailure | undefined {
  const { running: _running, ...before } = state;
  const last = before.records.findLast(({ outcome }) => outcome === 'failed' || outcome === 'timed-out');
  if (last === undefined || before.failures < maxAttempts) return undefined;
  return ApplicationFailure.create({ message: last.error.message, type: last.error.code, nonRetryable: true, details: [before] });
}

export function attemptRule(contract: JobContract, options: RunOptions, context: AttemptCall): AttemptRule {
  return {
    retry: options.retry ?? contract.retry,
    timeoutMs: options.timeoutMs ?? contract.timeoutMs,
    queuedMs: options.queuedMs ?? 0,
    ...(options.from === undefined ? {} : { from: options.from }),
    checkpoint: {
      type: contract.name,
      schema: contract.checkpoint,
      ...(contract.group || options.carried !== undefined ? { limitBytes: MAX_SHARED_CHECKPOINT_BYTES } : {}),
    },
    ...(contract.cleanUpMs === undefined || options.cleanUpMs !== undefined ? {} : { cleanUpMs: contract.cleanUpMs }),
    ...(contract.notify === undefined || options.notify !== undefined ? {} : { notify: contract.notify }),
    limits: callLimits(context, contract, options),
    isItem: options.batch !== undefined,
    ...(options.carried === undefined ? {} : { carried: options.carried }),
    ...(options.before === undefined ? {} : { before: options.before }),
  };
}

export interface LimitedRun {
  readonly attempt: Attempt;
  readonly limit: Places;
  readonly rule: AttemptRule;
  readonly beats: Beats;
  readonly values: CarriedValues;
  readonly run: HandlerRun;
}

/** What the handler returned, and what travels for it. */
interface Completed {
  readonly output: unknown;
  readonly sent: unknown;
}

async function runWithinLimit(handled: HandledJob, input: unknown, run: LimitedRun): Promise<Completed> {
  const { attempt, limit } = run;
  const release = limit.takeNow() ?? (await limit.acquire(attempt.signal));
  return await unlessGivenUp(attempt, handled, enter(handled, input, { ...run, release }));
}

async function enter(handled: HandledJob, input: unknown, run: LimitedRun & { readonly release: () => void }): Promise<Completed> {
  const { attempt } = run;
  const { running } = run.run.host;
  const isSuspect = attempt.state.deaths >= SUSPECT_DEATHS;
  let leave = isSuspect ? undefined : running.enterNow();
  try {
    leave ??= await running.enter({ isSuspect, signal: attempt.signal });
    return await begin(handled, input, run);
  } finally {
    leave?.();
    run.release();
  }
}

async function begin(handled: HandledJob, input: unknown, run: LimitedRun): Promise<Completed> {
  const { attempt, rule, beats, run: call } = run;
  throwIfOver(rule.limits, attempt.isFirst);
  attempt.hasPlace = true;
  const canExpire = attempt.isFirst && rule.limits.expiry !== undefined;
  // Here and below: a promise that is not waited for costs nothing, and many short jobs share a process.
  const told = [beats.announce(), canExpire ? call.host.begun(call.context) : undefined].filter((one) => one !== undefined);
  if (told.length > 0) await Promise.all(told);
  const cancelled = call.host.isCancelled(call.context.info, call.options);
  if (cancelled !== false && (await cancelled)) attempt.abort(new JobError('cancelled'));
  beats.begin(rule.timeoutMs);
  return await withTimeout(attempt, rule, () => runHandler(handled, input, run));
}

async function runHandler({ contract, handler }: HandledJob, input: unknown, { attempt, values, run }: LimitedRun): Promise<Completed> {
  const parsed = await parseInput(contract, values.isStored(input) ? await values.receive(input) : input);
  if (attempt.stopped !== undefined) throw attempt.stopped;
  const returned: unknown = await handler(parsed as never, attempt as HandlerContext<never, unknown>, run.host.services);
  // The body of a multi-step job works with what its steps return, and cannot look into the store.
  const sizeRule = attempt.isStep ? {} : values.rule;
  const payload = encodePayload(returned, `output of "${contract.name}"`, { code: 'invalid-output', ...sizeRule });
  if (contract.output !== undefined) await parseOutput(contract, payload.value);
  const isSent = attempt.isStep || values.fits(payload);
  return { output: payload.value, sent: isSent ? payload.value : await values.send(attempt.jobId, payload) };
}

/** What the work gives. Rejects before it has ended when it was stopped and has had its time to end. */
function unlessGivenUp<T>(attempt: Attempt, { cancelGraceMs }: HandledJob, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      clearTimeout(timer);
    };
    work.finally(end).then(resolve, reject);
    attempt.onStop(() => {
      const { stopped } = attempt;
      const graceMs = stopped === undefined ? undefined : (GRACE_MS[stopped.code] ?? cancelGraceMs);
      if (graceMs !== undefined && !isOver) timer = setTimeout(() => reject(stopped as JobError), graceMs);
    });
  });
}

/** Undefined when nobody else is to hear of it. */
function tell(
  { attemptEnded }: HandledJob,
  end: AttemptEnd,
  { attempt, host }: { attempt: Attempt; host: HandlerHost },
): Promise<void> | undefined {
  host.observer.attemptEnded(attempt, end);
  return attemptEnded === undefined ? undefined : callHook(attemptEnded, end, { attempt, host });
}

async function callHook(
  attemptEnded: NonNullable<HandledJob['attemptEnded']>,
  end: AttemptEnd,
  { attempt, host }: { attempt: Attempt; host: HandlerHost },
): Promise<void> {
  try {
    await withLimit(attemptEnded(end, attempt));
  } catch (error) {
    host.log.warn('hook failed', { type: attempt.type, job: attempt.jobId, error: messageOf(error) });
  }
}

/** Waits for a hook, but not for ever: the attempt is not reported before. */
async function withLimit(hook: Promise<void> | void): Promise<void> {
  if (hook === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not ended after ${formatMs(HOOK_LIMIT_MS)}; the attempt is reported without it`)),
      HOOK_LIMIT_MS,
    );
  });
  await Promise.race([hook, tooLong]).finally(() => clearTimeout(timer));
}

/** What ended the attempt. Whoever stopped it goes before what the handler made of that. */
function endOf(error: unknown, attempt: Attempt, { contract, rule, log }: Circumstances): Exclude<AttemptEnd, { outcome: 'completed' }> {
  const stopped = attempt.stopped;
  if (stopped?.code === 'cancelled') return { outcome: 'cancelled', error: stopped };
  if (stopped?.code === 'worker-shutdown') return { outcome: 'shutdown', error: stopped };
  if (stopped === undefined && error instanceof Snooze) return { outcome: 'snoozed', error, waitMs: error.waitMs };
  const failed = stopped ?? error;
  const waitMs = waitAfter(failed, { contract, retry: rule.retry, failures: attempt.attempt, log });
  const next = waitMs === undefined ? { isLast: true } : { isLast: false, waitMs };
  return { outcome: stopped === undefined ? 'failed' : 'timed-out', error: failed, ...next };
}

interface Circumstances {
  readonly contract: JobContract;
  readonly rule: AttemptRule;
  readonly log: Log;
}

/** The error that reports the attempt to the server, and the record and log line that go with it. */
function failureOf(end: Exclude<AttemptEnd, { outcome: 'completed' }>, attempt: Attempt, run: HandlerRun): Error {
  if (end.outcome === 'cancelled') return cancelFailure(attempt);
  if (end.outcome === 'shutdown') return shutdownFailure(end.error, attempt);
  if (end.outcome === 'snoozed') return snoozeFailure(end, attempt);
  return countedFailure(end, attempt, run);
}

/** The server takes the answer "cancelled" only once it has told the SDK so; the workflow reads both alike. */
function cancelFailure(attempt: Attempt): Error {
  const message = 'The job was cancelled.';
  return attempt.isCancelledByServer
    ? new CancelledFailure(message, [attempt.state])
    : ApplicationFailure.create({ message, type: 'cancelled', nonRetryable: true, details: [attempt.state] });
}

export function shutdownFailure(error: unknown, attempt: Attempt): ApplicationFailure {
  attempt.end({ outcome: 'shutdown', code: 'worker-shutdown', error });
  return ApplicationFailure.create({ message: messageOf(error), type: 'worker-shutdown', nextRetryDelay: 1 });
}

/** The failure of an attempt that gives its place back for a time: it counts for nothing, and why is shown. */
export function snoozeFailure(
  { error, waitMs }: Pick<Extract<AttemptEnd, { outcome: 'snoozed' }>, 'error' | 'waitMs'>,
  attempt: Attempt,
): ApplicationFailure {
  const message = messageOf(error);
  attempt.snooze(message);
  return ApplicationFailure.create({ message, type: 'snoozed', nextRetryDelay: Math.max(1, Math.round(waitMs)), details: [attempt.state] });
}

type Failure = Extract<AttemptEnd, { isLast: boolean }>;

function countedFailure({ error, outcome, isLast, waitMs }: Failure, attempt: Attempt, run: HandlerRun): ApplicationFailure {
  const code = codeOf(error);
  attempt.end({ outcome, code, error, ...(waitMs === undefined ? {} : { backoffMs: waitMs }) });
  run.host.log.warn('attempt failed', {
    type: attempt.type,
    job: attempt.jobId,
    attempt: `${attempt.attempt} of ${attempt.maxAttempts}`,
    next: waitMs === undefined ? 'none: the job has failed' : `in ${formatMs(waitMs)}`,
    code,
    error: messageOf(error),
  });
  const failure = ApplicationFailure.create({
    message: messageOf(error).slice(0, attempt.isCarried ? MAX_CARRIED_MESSAGE : MAX_FAILURE_MESSAGE),
    type: code,
    nonRetryable: isLast,
    details: detailsOf(attempt, isLast),
    ...(waitMs === undefined ? {} : { nextRetryDelay: waitMs }),
  });
  const stack = attempt.isCarried ? '' : stackOf(error);
  if (stack !== undefined) failure.stack = stack.slice(0, MAX_FAILURE_STACK);
  return failure;
}
