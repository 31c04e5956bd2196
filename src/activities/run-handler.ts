/**
 * Owns how a handler becomes a Temporal activity: validation, the handler limit, timeout, heartbeats, and what is
 * reported in the end. The rules of attempts:
 *
 * 1. A handler failure or a timeout uses up an attempt; at `maxAttempts` the job is failed by a non-retryable error.
 * 2. A worker shutdown or death uses up none. Three deaths while nothing else ran in the process: `poison`.
 * 3. A mismatch of input or output, and every error whose code is not retryable, fails the job at once.
 * 4. After a timeout or a shutdown a handler has a moment to stop; then the attempt is reported without it, and its
 *    place is kept until it really ends. After a cancel the job waits for its handler.
 */
import { ApplicationFailure, CancelledFailure, type Context } from '@temporalio/activity';
import { type AttemptRecord, POISON_DEATHS } from '../contract/attempts.ts';
import type { JobContract } from '../contract/define-job.ts';
import { asJobError, JobError, messageOf } from '../contract/errors.ts';
import { formatMs } from '../contract/duration.ts';
import { type ResultEnvelope, type RunOptions } from '../contract/messages.ts';
import { checkPayload } from '../contract/payload.ts';
import type { Progress } from '../contract/progress.ts';
import { backoffMs, DEFAULT_RETRY } from '../contract/retry.ts';
import { validate } from '../contract/validate.ts';
import type { Log } from '../log.ts';
import { Attempt, type AttemptRule } from './attempt.ts';
import type { HandledJob } from './handle.ts';
import type { HandlerLimit } from './handler-limit.ts';
import type { Heartbeats } from './heartbeats.ts';
import { ProgressReports } from './progress-reports.ts';

/** What all handlers of a process share. */
export interface HandlerHost {
  readonly identity: string;
  readonly heartbeats: Heartbeats;
  readonly log: Log;
  /** Handlers that run now in the whole process. */
  runningHandlers(): number;
  /** Tells the workflow of a long-running handler how far it is. Best effort. */
  reportProgress(workflow: { workflowId: string; runId: string }, step: string, progress: Progress): void;
}

/** One handler call: the activity it is, and where it runs. */
export interface HandlerRun {
  readonly context: Context;
  readonly options: RunOptions;
  readonly host: HandlerHost;
  readonly limit: HandlerLimit;
}

const TIMEOUT_GRACE_MS = 1000;
const SHUTDOWN_GRACE_MS = 2000;
const MAX_FAILURE_MESSAGE = 4000;
const MAX_FAILURE_STACK = 4000;

/** Runs the handler of one job type as the activity that `context` describes. */
export async function runHandledJob(handled: HandledJob, input: unknown, run: HandlerRun): Promise<ResultEnvelope> {
  const { context, options, host, limit } = run;
  const rule = attemptRule(handled.contract, options);
  const attempt = new Attempt(context, host.identity, rule);
  const stopBeating = beat(attempt, context, host);
  try {
    if (attempt.state.deathsAlone >= POISON_DEATHS) throw new JobError('poison');
    const output = await runWithinLimit(handled, input, { attempt, limit, rule });
    const { running: _running, ...state } = attempt.state;
    return { output, state };
  } catch (error) {
    throw endingError(error, attempt, { rule, run });
  } finally {
    stopBeating();
  }
}

function attemptRule(contract: JobContract, options: RunOptions): AttemptRule {
  return { retry: options.retry ?? contract.retry, timeoutMs: options.timeoutMs ?? contract.timeoutMs };
}

function beat(attempt: Attempt, context: Context, host: HandlerHost): () => void {
  const { workflowExecution, activityId } = context.info;
  const reports = new ProgressReports(attempt.startedAt.getTime(), (progress) => {
    if (workflowExecution !== undefined) host.reportProgress(workflowExecution, activityId, progress);
  });
  const send = (): void => {
    attempt.heartbeat(host.runningHandlers() === 1);
    reports.offer(attempt.state.progress, Date.now());
  };
  // A further attempt says at once who runs it: if this worker dies too, the record must know.
  if (context.info.attempt > 1) send();
  return host.heartbeats.start(send);
}

interface LimitedRun {
  readonly attempt: Attempt;
  readonly limit: HandlerLimit;
  readonly rule: AttemptRule;
}

async function runWithinLimit(handled: HandledJob, input: unknown, { attempt, limit, rule }: LimitedRun): Promise<unknown> {
  const release = await limit.acquire(attempt.signal);
  const timeout = setTimeout(() => {
    attempt.abort(
      new JobError('timed-out', `The attempt took longer than its timeout of ${formatMs(rule.timeoutMs)}.`, {
        details: { timeoutMs: rule.timeoutMs },
      }),
    );
  }, rule.timeoutMs);
  const work = runHandler(handled, input, attempt).finally(() => {
    clearTimeout(timeout);
    release();
  });
  return await Promise.race([work, whenGivenUp(attempt, handled, work)]);
}

async function runHandler({ contract, handler }: HandledJob, input: unknown, attempt: Attempt): Promise<unknown> {
  const parsed = await validate(contract.input, input, 'invalid-input', `input of "${contract.name}"`);
  const returned: unknown = await handler(parsed as never, attempt);
  const output = checkPayload(returned, `output of "${contract.name}"`);
  if (contract.output !== undefined) await validate(contract.output, output, 'invalid-output', `output of "${contract.name}"`);
  return output;
}

/** Rejects when a stopped handler has had its time to end; never, while it may go on. */
function whenGivenUp(attempt: Attempt, { cancelGraceMs }: HandledJob, work: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => {
    const giveUp = (): void => {
      const stopped = attempt.stopped;
      const graceMs =
        stopped?.code === 'timed-out' ? TIMEOUT_GRACE_MS : stopped?.code === 'worker-shutdown' ? SHUTDOWN_GRACE_MS : cancelGraceMs;
      if (graceMs === undefined) return;
      const timer = setTimeout(() => reject(attempt.signal.reason as JobError), graceMs);
      void work.catch(() => undefined).finally(() => clearTimeout(timer));
    };
    attempt.signal.addEventListener('abort', giveUp, { once: true });
  });
}

interface Ending {
  readonly rule: AttemptRule;
  readonly run: HandlerRun;
}

/** The error that reports the attempt to the server, and the record and log line that go with it. */
function endingError(error: unknown, attempt: Attempt, ending: Ending): Error {
  const stopped = attempt.stopped;
  if (stopped?.code === 'cancelled') return new CancelledFailure('The job was cancelled.', [attempt.state]);
  if (stopped?.code === 'worker-shutdown') return shutdownFailure(stopped, attempt);
  return stopped?.code === 'timed-out'
    ? countedFailure({ error: stopped, outcome: 'timed-out', isFinal: false }, attempt, ending)
    : countedFailure({ error, outcome: 'failed', isFinal: isFinal(error) }, attempt, ending);
}

function isFinal(error: unknown): boolean {
  const known = asJobError(error);
  return (known !== undefined && !known.retryable) || (error instanceof ApplicationFailure && error.nonRetryable === true);
}

function shutdownFailure(stopped: JobError, attempt: Attempt): ApplicationFailure {
  attempt.end('shutdown', stopped.code, stopped);
  return ApplicationFailure.create({ message: stopped.message, type: stopped.code, nextRetryDelay: 1 });
}

interface Failure {
  readonly error: unknown;
  readonly outcome: AttemptRecord['outcome'];
  readonly isFinal: boolean;
}

function countedFailure({ error, outcome, isFinal }: Failure, attempt: Attempt, { rule, run }: Ending): ApplicationFailure {
  const code = codeOf(error);
  const isLast = isFinal || attempt.attempt >= attempt.maxAttempts;
  const waitMs = isLast ? undefined : backoffMs(rule.retry, attempt.attempt);
  attempt.end(outcome, code, error, waitMs);
  run.host.log.warn('attempt failed', {
    type: attempt.type,
    job: attempt.jobId,
    attempt: `${attempt.attempt} of ${attempt.maxAttempts}`,
    next: waitMs === undefined ? 'none: the job has failed' : `in ${formatMs(waitMs)}`,
    code,
    error: messageOf(error),
  });
  const failure = ApplicationFailure.create({
    message: messageOf(error).slice(0, MAX_FAILURE_MESSAGE),
    type: code,
    nonRetryable: isLast,
    ...(isLast ? { details: [attempt.state] } : {}),
    ...(waitMs === undefined || waitMs === serverBackoffMs(run) ? {} : { nextRetryDelay: waitMs }),
  });
  if (error instanceof Error && error.stack !== undefined) failure.stack = error.stack.slice(0, MAX_FAILURE_STACK);
  return failure;
}

/** What the retry policy would wait by itself: it counts every attempt, shutdowns and deaths included. */
function serverBackoffMs({ options, context }: HandlerRun): number {
  return backoffMs(options.retry ?? DEFAULT_RETRY, context.info.attempt);
}

const MAX_CODE_LENGTH = 100;

/** The code of anything thrown: of the catalogue, the failure's type, or an own short `code` such as `ECONNREFUSED`. */
function codeOf(error: unknown): string {
  if (error instanceof ApplicationFailure) return error.type ?? 'handler-failed';
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return 'handler-failed';
  return error.code.length > 0 && error.code.length <= MAX_CODE_LENGTH ? error.code : 'handler-failed';
}
