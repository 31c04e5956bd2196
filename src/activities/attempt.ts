/**
 * Owns one attempt while it runs: what the handler is given, its record, its abort. How an attempt ends is decided in
 * `run-handler.ts`; what it leaves for the next one in `contract/attempts.ts`.
 */
import type { Context } from '@temporalio/activity';
import type { AttemptRecord, AttemptState } from '../contract/attempts.ts';
import { asAttemptState, attemptError, beginAttempt, endAttempt, giveBackAttempt, snoozeAttempt, stateFrom } from '../contract/attempts.ts';
import { JobError } from '../contract/errors.ts';
import { carriedId } from '../contract/carrier.ts';
import { type CheckpointRule, keptCheckpoint, readCheckpoint } from '../contract/checkpoint.ts';
import type { RunOptions } from '../contract/messages.ts';
import { deadlineError } from '../contract/time-limits.ts';
import { nextProgress, type ProgressCount } from '../contract/progress.ts';
import type { RetryRule } from '../contract/retry.ts';
import type { ObservedAttempt } from './attempt-observer.ts';
import type { CallId } from './cancel-notices.ts';
import type { HandlerContext } from './handle.ts';
import type { CallLimits } from './time-limits.ts';

/** How an attempt is run: the contract's rule with what `add` changed. */
export interface AttemptRule {
  readonly retry: RetryRule;
  readonly timeoutMs: number;
  readonly checkpoint: CheckpointRule;
  readonly limits: CallLimits;
  /** How long the job had waited before its handler was called for. */
  readonly queuedMs: number;
  /** The contract's limit of a clean-up, where the workflow was not told. */
  readonly cleanUpMs?: number;
  /** The contract's notices, where the workflow was not told. */
  readonly notify?: AttemptState['notify'];
  /** It is an item of a batch: how long it waited says nothing of the queue. */
  readonly isItem?: boolean;
  /** What the run before left, when this one was made by hand. */
  readonly from?: NonNullable<RunOptions['from']>;
  /** Place of the job in its carrier, and what its attempt in a chunk left. */
  readonly carried?: number;
  readonly before?: NonNullable<RunOptions['before']>;
}

/** What an attempt needs of the activity that it is, or is a part of. */
export type AttemptCall = Pick<Context, 'info' | 'cancellationDetails' | 'heartbeat'> & {
  readonly cancellationSignal: Pick<AbortSignal, 'addEventListener'>;
};

export class Attempt implements HandlerContext, ObservedAttempt {
  readonly jobId: string;
  readonly type: string;
  readonly queue: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly idempotencyKey: string;
  readonly lastCheckpoint: unknown;
  /** Why what the attempt before kept cannot be given to this one. */
  readonly checkpointProblem: string | undefined;
  readonly startedAt = new Date();
  readonly worker: string;
  /** True when no attempt was begun before it. */
  readonly isFirst: boolean;
  /** True for a job that shares its workflow: what it leaves is to be short. */
  readonly isCarried: boolean;
  /** True when it runs for the body of a multi-step job. */
  readonly isStep: boolean;
  /** From the time the job was due to its first attempt; undefined for further ones. */
  readonly waitedMs: number | undefined;
  /** True once the handler has a place within the limit: until then a death of the process is not its doing. */
  hasPlace = false;
  #state: AttemptState;
  #stopped: JobError | undefined;
  readonly #onStop = new Set<() => void>();
  /** Made when somebody asks for the signal: of many short attempts nobody does. */
  #abort: AbortController | undefined;
  readonly #context: AttemptCall;
  readonly #checkpointRule: CheckpointRule;
  readonly #limits: CallLimits;

  constructor(context: AttemptCall, worker: string, rule: AttemptRule) {
    const { info } = context;
    this.#context = context;
    this.worker = worker;
    this.waitedMs =
      info.attempt > 1 || rule.before !== undefined || rule.isItem === true
        ? undefined
        : rule.queuedMs + Math.max(0, this.startedAt.getTime() - info.scheduledTimestampMs);
    const running = { worker, startedAt: this.startedAt.toISOString(), isAlone: false };
    this.#state = {
      ...beginAttempt(stateBefore(info.heartbeatDetails, rule), info.attempt, running),
      maxAttempts: rule.retry.maxAttempts,
      ...(rule.cleanUpMs === undefined ? {} : { cleanUpMs: rule.cleanUpMs }),
      ...(rule.notify === undefined ? {} : { notify: rule.notify }),
    };
    const workflowId = info.workflowExecution?.workflowId ?? info.activityId;
    this.jobId = rule.carried === undefined ? workflowId : carriedId(workflowId, rule.carried);
    this.type = info.activityType;
    this.isStep = info.workflowType !== undefined && info.workflowType !== info.activityType;
    this.queue = info.taskQueue;
    this.attempt = this.#state.failures + 1;
    this.maxAttempts = rule.retry.maxAttempts;
    this.idempotencyKey = `${this.jobId}/${rule.carried ?? info.activityId}`;
    this.isCarried = rule.carried !== undefined;
    this.isFirst = info.heartbeatDetails === undefined && rule.before === undefined;
    this.#checkpointRule = rule.checkpoint;
    this.#limits = rule.limits;
    const kept = readCheckpoint(this.#state.checkpoint, rule.checkpoint.schema);
    this.lastCheckpoint = 'value' in kept ? kept.value : undefined;
    this.checkpointProblem = 'problem' in kept ? kept.problem : undefined;
    const stop = (): void => {
      if (!isGivenUpBySdk(context)) this.abort(stopReason(context));
    };
    context.cancellationSignal.addEventListener('abort', stop, { once: true });
  }

  get state(): AttemptState {
    return this.#state;
  }

  /** What the workflow calls it. */
  get call(): CallId {
    const { workflowExecution, activityId } = this.#context.info;
    return { runId: workflowExecution?.runId ?? '', activityId };
  }

  get isCancelledByServer(): boolean {
    return this.#context.cancellationDetails?.cancelRequested === true;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#stopped !== undefined) this.#abort.abort(this.#stopped);
    }
    return this.#abort.signal;
  }

  /** Why the attempt is stopped, or undefined while it runs on. */
  get stopped(): JobError | undefined {
    return this.#stopped;
  }

  /** Calls `act` when the attempt is stopped, at once when it was. */
  onStop(act: () => void): void {
    if (this.#stopped === undefined) this.#onStop.add(act);
    else act();
  }

  abort(reason: JobError): void {
    // At the deadline the server may be quicker than the timer here, and then says only that the call is gone.
    const { deadline } = this.#limits;
    const isOver = reason.code === 'worker-shutdown' && deadline !== undefined && Date.now() >= deadline.atMs;
    if (this.#stopped !== undefined) return;
    this.#stopped = isOver ? deadlineError(deadline.lengthMs) : reason;
    this.#abort?.abort(this.#stopped);
    for (const act of this.#onStop) act();
  }

  // Bound, since handlers take their context apart: (input, { progress, signal }) => …
  readonly progress = (report: number | ProgressCount, message?: string): void => {
    this.#state = { ...this.#state, progress: nextProgress(this.#state.progress, report, message) };
  };

  readonly checkpoint = (value: unknown): void => {
    this.#state = { ...this.#state, checkpoint: keptCheckpoint(value, this.#checkpointRule) };
  };

  /** Sends the record to the server; the answer, if it says cancel, fires the signal. */
  heartbeat(runningHandlers: number): void {
    const { running } = this.#state;
    const isAlone = this.hasPlace && runningHandlers === 1;
    if (running !== undefined && running.isAlone !== isAlone) this.#state = { ...this.#state, running: { ...running, isAlone } };
    this.#context.heartbeat(this.#state);
  }

  /** Makes what several jobs have done a part of the record: each heartbeat has it as it is then. */
  carry(shared: Pick<AttemptState, 'chunk' | 'segment'>): void {
    this.#state = { ...this.#state, ...shared };
  }

  /** Ends the attempt before it has done anything, since it is not due: what was last said of the job holds. */
  rest(): AttemptRecord | undefined {
    this.#state = giveBackAttempt(this.#state);
    this.#context.heartbeat(this.#state);
    return this.#state.records.at(-1);
  }

  /** Ends the attempt before it has done anything: it counts for nothing. */
  snooze(why: string): void {
    this.#state = snoozeAttempt(this.#state, why);
    this.#context.heartbeat(this.#state);
  }

  /** Ends the attempt without completing the job, and leaves its record for the next one. */
  end({ outcome, code, error, backoffMs }: AttemptEnding): void {
    this.#state = endAttempt(this.#state, {
      attempt: this.attempt,
      outcome,
      worker: this.worker,
      startedAt: this.startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      error: attemptError(code, error),
      ...(backoffMs === undefined ? {} : { backoffMs }),
    });
    this.#context.heartbeat(this.#state);
  }
}

export interface AttemptEnding {
  readonly outcome: AttemptRecord['outcome'];
  readonly code: string;
  readonly error: unknown;
  /** Wait until the next attempt. Absent on the last one. */
  readonly backoffMs?: number;
}

/** What the attempts before left, over what the run was given by the run before: a worker without the handler leaves a record as well. */
function stateBefore(details: unknown, { from, before: inChunk }: AttemptRule): AttemptState | undefined {
  const before = asAttemptState(details) ?? inChunk?.state;
  return from === undefined ? before : { ...stateFrom(from), ...before };
}

/** What the server wants when it stops an attempt. Whatever is not a cancel is carried on by the next attempt. */
function stopReason({ cancellationDetails }: AttemptCall): JobError {
  return cancellationDetails?.cancelRequested === true ? new JobError('cancelled') : new JobError('worker-shutdown');
}

/**
 * True when the SDK, which saw no heartbeat while the event loop was blocked, takes the attempt for timed out. The server knows
 * better. The SDK tells of no cancel and no shutdown any more from then on.
 */
export function isGivenUpBySdk({ cancellationDetails }: AttemptCall): boolean {
  return cancellationDetails?.timedOut === true;
}
