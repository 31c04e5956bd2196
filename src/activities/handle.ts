/** Owns how a user binds a handler to a contract, and what a handler is given. Does not run handlers: `run-handler.ts` does. */
import type { CheckpointOf, JobContract, KeptCheckpointOf, ParsedInputOf, ReturnOf } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { checkKeys, show } from '../contract/options.ts';
import type { Progress, ProgressCount } from '../contract/progress.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import type { Log } from '../log.ts';

/** What a handler can ask and tell while it runs. */
export interface HandlerContext<Checkpoint = unknown, KeptCheckpoint = Checkpoint> {
  /** Id of the job. */
  readonly jobId: string;
  /** Name of the job type. */
  readonly type: string;
  /** 1 for the first try; grows with each *failed* attempt. Worker deaths and shutdowns do not count. */
  readonly attempt: number;
  /** The job is `failed` when this attempt fails and `attempt === maxAttempts`. */
  readonly maxAttempts: number;
  /** The same for every attempt of this handler call: hand it to the outside system so that an effect happens once. */
  readonly idempotencyKey: string;
  /** Fires on cancel, timeout and worker shutdown; `signal.reason` is a `JobError` with the code. Stop work and throw it. */
  readonly signal: AbortSignal;
  /** What an earlier attempt kept last with `checkpoint`, or undefined. */
  readonly lastCheckpoint: Checkpoint | undefined;
  /** Sets the progress: 0–100 or a count. Lower than before is ignored. Cheap: call it as often as you like. */
  readonly progress: (report: number | ProgressCount, message?: string) => void;
  /**
   * Keeps a JSON value (≤ 64 KB) that the next attempt finds in `lastCheckpoint`. At most 1 s of it is lost in a crash.
   * @throws JobError `invalid-checkpoint` when it does not match the contract's schema; `payload-too-large`
   */
  readonly checkpoint: (value: KeptCheckpoint) => void;
}

/** Does the work of one job. Throwing means: this attempt failed. */
export type Handler<C extends JobContract> = (
  input: ParsedInputOf<C>,
  context: HandlerContext<CheckpointOf<C>, KeptCheckpointOf<C>>,
) => Promise<ReturnOf<C>> | ReturnOf<C>;

/** How a job of any type stands, or ended. */
export interface JobOutcome {
  readonly type: string;
  /** `completed`, or what it is instead. */
  readonly status: string;
  /** Of a completed job. */
  readonly output: unknown;
}

/** What a worker does for the handlers of the job types that come with the package. */
export interface HandlerServices {
  /** Undefined: no job has the id. @throws JobError `unavailable` */
  readonly outcomeOf: (jobId: string) => Promise<JobOutcome | undefined>;
}

/** A handler of the package's own that asks something of its worker. */
export type ServedHandler<C extends JobContract> = (
  input: ParsedInputOf<C>,
  context: HandlerContext<CheckpointOf<C>, KeptCheckpointOf<C>>,
  services: HandlerServices,
) => Promise<ReturnOf<C>>;

/** What a clean-up hook is given. It is retried as the contract says: what it does must bear being done twice. */
export interface CleanUpContext<Checkpoint = unknown> {
  readonly jobId: string;
  /** Name of the job type. */
  readonly type: string;
  /** Try of the hook, from 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** The same for every try of this hook of this job, and not the handler's. */
  readonly idempotencyKey: string;
  /** Fires after the contract's `cleanUp` and on worker shutdown; a cancel does not stop it. */
  readonly signal: AbortSignal;
  /** What the handler reported last. */
  readonly progress: Progress | null;
  /** What the handler kept last with `checkpoint`, or undefined. */
  readonly lastCheckpoint: Checkpoint | undefined;
}

export interface FailContext<Checkpoint = unknown> extends CleanUpContext<Checkpoint> {
  /** Why the job failed. */
  readonly error: JobFailure;
}

/** What runs when a job has not completed, as a durable step of its own. The contract declares it with `cleanUp`. */
export interface CleanUpHooks<C extends JobContract> {
  /** After a cancel, when the handler has ended. Also for a job that was cancelled in the queue, since an attempt before may have begun. */
  readonly onCancel?: (input: ParsedInputOf<C>, context: CleanUpContext<CheckpointOf<C>>) => unknown;
  /** After the job's last attempt has failed. */
  readonly onFail?: (input: ParsedInputOf<C>, context: FailContext<CheckpointOf<C>>) => unknown;
}

/** How an attempt ended, as it is going to be reported. `isLast`: the job has failed with it. */
export type AttemptEnd =
  | { readonly outcome: 'completed'; readonly output: unknown }
  | {
      readonly outcome: 'failed' | 'timed-out';
      readonly error: unknown;
      readonly isLast: boolean;
      /** Wait until the next attempt, in milliseconds. Absent on the last one. */
      readonly waitMs?: number;
    }
  | { readonly outcome: 'cancelled'; readonly error: unknown }
  | { readonly outcome: 'snoozed'; readonly error: unknown; readonly waitMs: number }
  | { readonly outcome: 'shutdown'; readonly error: unknown };

/** What the job ends as with this attempt; undefined when it goes on. */
export function jobEndOf(end: AttemptEnd): 'completed' | 'failed' | 'cancelled' | undefined {
  if ('isLast' in end) return end.isLast ? 'failed' : undefined;
  return end.outcome === 'completed' || end.outcome === 'cancelled' ? end.outcome : undefined;
}

/** A contract with its handler, as `createWorker` takes it. */
export interface HandledJob {
  readonly contract: JobContract;
  readonly handler: (input: never, context: HandlerContext<never, unknown>, services: HandlerServices) => unknown;
  /** How long a cancelled job waits for its handler, in milliseconds. Absent: until it ends. */
  readonly cancelGraceMs?: number;
  /** Clean-up after a cancel. */
  readonly onCancel?: (input: never, context: FailContext<never>) => unknown;
  /** Clean-up after a final failure. */
  readonly onFail?: (input: never, context: FailContext<never>) => unknown;
  /** Begins what a worker of this job does beside handling it, when it runs; gives how to end that. */
  readonly beside?: (log: Log) => () => Promise<void>;
  /** Called once per attempt and awaited before its end is reported. What it throws is logged and changes nothing. */
  readonly attemptEnded?: (end: AttemptEnd, context: HandlerContext) => Promise<void> | void;
}

/**
 * Binds a handler to its contract.
 * @param hooks clean-up; given if and only if the contract has `cleanUp`
 * @throws JobError `invalid-contract` for a contract with `steps`, and where `cleanUp` and the hooks do not agree
 * @example handle(sendEmail, async (input, ctx) => ({ messageId: await smtp.send(input, { signal: ctx.signal }) }))
 */
export function handle<C extends JobContract>(contract: C, handler: Handler<C>, hooks: CleanUpHooks<C> = {}): HandledJob {
  if (contract?.steps)
    throw new JobError(
      'invalid-contract',
      `The job type "${contract.name}" has steps, so it has no handler: give the worker multiStep(contract), or leave "steps" out of the contract.`,
    );
  checkHooks(contract, hooks);
  return { contract, handler, ...hooks };
}

function checkHooks(contract: JobContract, hooks: object): void {
  checkKeys(hooks, ['onCancel', 'onFail'], 'clean-up hooks');
  const given = Object.entries(hooks).filter(([, hook]) => hook !== undefined);
  const wrong = given.find(([, hook]) => typeof hook !== 'function');
  const what = `The job type ${show(contract?.name)}`;
  if (wrong !== undefined)
    throw new JobError('invalid-contract', `${what}: expected ${wrong[0]} to be a function, got: ${show(wrong[1])}.`);
  const isDeclared = contract?.cleanUpMs !== undefined;
  if (isDeclared === given.length > 0) return;
  const next = isDeclared
    ? 'has "cleanUp" in its contract: give handle onCancel or onFail, or leave "cleanUp" out.'
    : 'has onCancel or onFail, but no "cleanUp" in its contract: put the time limit of one try there, "cleanUp: \'30s\'".';
  throw new JobError('invalid-contract', `${what} ${next}`);
}

/** The same for a handler of the package's own. */
export function handleServed<C extends JobContract>(
  contract: C,
  handler: ServedHandler<C>,
  { beside, ...hooks }: CleanUpHooks<C> & Pick<HandledJob, 'beside'>,
): HandledJob {
  checkHooks(contract, hooks);
  return { contract, handler, ...hooks, ...(beside === undefined ? {} : { beside }) };
}

/** A job type whose work is a workflow of several steps: the worker needs its contract, to parse the input. */
export interface MultiStepJob {
  readonly contract: JobContract;
}

/** What `createWorker` takes: a handler, or the declaration of a multi-step job. */
export type JobDeclaration = HandledJob | MultiStepJob;

/**
 * Tells a worker of a job type that has a workflow of its own, in the file given as `workflows`.
 * @throws JobError `invalid-contract` for a contract without `steps`
 * @example createWorker({ workflows: new URL('./workflows.js', import.meta.url), jobs: [multiStep(nightlyReport), handle(fetchPage, fetchIt)] });
 */
export function multiStep(contract: JobContract): MultiStepJob {
  if (!contract?.steps)
    throw new JobError(
      'invalid-contract',
      `The job type ${show(contract?.name)} has no steps: put "steps: true" into its contract, or give the worker handle(contract, handler).`,
    );
  return { contract };
}
