/** Owns how a user binds a handler to a contract, and what a handler is given. Does not run handlers: `run-handler.ts` does. */
import type { CheckpointOf, JobContract, KeptCheckpointOf, ParsedInputOf, ReturnOf } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { show } from '../contract/options.ts';
import type { ProgressCount } from '../contract/progress.ts';

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
  | { readonly outcome: 'shutdown'; readonly error: unknown };

/** A contract with its handler, as `createWorker` takes it. */
export interface HandledJob {
  readonly contract: JobContract;
  readonly handler: (input: never, context: HandlerContext<never, unknown>) => unknown;
  /** How long a cancelled job waits for its handler, in milliseconds. Absent: until it ends. */
  readonly cancelGraceMs?: number;
  /** Called once per attempt and awaited before its end is reported. What it throws is logged and changes nothing. */
  readonly attemptEnded?: (end: AttemptEnd, context: HandlerContext) => Promise<void> | void;
}

/**
 * Binds a handler to its contract.
 * @throws JobError `invalid-contract` for a contract with `steps`
 * @example handle(sendEmail, async (input, ctx) => ({ messageId: await smtp.send(input, { signal: ctx.signal }) }))
 */
export function handle<C extends JobContract>(contract: C, handler: Handler<C>): HandledJob {
  if (contract?.steps)
    throw new JobError(
      'invalid-contract',
      `The job type "${contract.name}" has steps, so it has no handler: give the worker multiStep(contract), or leave "steps" out of the contract.`,
    );
  return { contract, handler };
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
