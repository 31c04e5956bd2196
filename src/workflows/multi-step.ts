/**
 * Owns the life of a job whose type has a workflow of its own: its input is parsed by the contract, its body runs, its
 * clean-up runs, and whatever was thrown ends the job with a code. What the body can do is in `job-scope.ts`.
 */
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyLocalActivities,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { JobContract, ParsedInputOf, ReturnOf } from '../contract/define-job.ts';
import { asJobError, JobError, messageOf, stackOf } from '../contract/errors.ts';
import { checkPayload } from '../contract/payload.ts';
import { PARSE_INPUT_ACTIVITY, readRunOptions, type RunOptions } from '../contract/messages.ts';
import { deadlineError } from '../contract/time-limits.ts';
import { failOnJobError, finalFailure, jobFailure } from './failure.ts';
import { Job, type JobScope, scopeOf } from './job-scope.ts';
import { sendNotices } from './notices.ts';
import { Orders } from './orders.ts';
import { atDeadline, dueFact, failIfOver, type LimitedJob } from './time-limits.ts';
import { showView } from './view.ts';

/** The work of a multi-step job, in deterministic code. Its input is the contract's parsed input, as JSON. */
export type JobBody<C extends JobContract> = (input: ParsedInputOf<C>, job: JobScope) => Promise<ReturnOf<C>>;

/** A multi-step job type, as `jobWorkflows` takes it. */
export interface JobWorkflow {
  readonly name: string;
  readonly body: (input: never, job: JobScope) => Promise<unknown>;
}

const MAX_STACK_LENGTH = 4000;

type InputParsers = Record<typeof PARSE_INPUT_ACTIVITY, (type: string, input: unknown) => Promise<unknown>>;

/**
 * Gives the job type `name` a body of several steps. Import the contract's *type* only: its value would bring the schema
 * library into every cached workflow.
 * @example
 * import type { nightlyReport, fetchPage } from './jobs.js';
 * export const report = jobWorkflow<typeof nightlyReport>('nightly-report', async (input, job) => {
 *   const page = await job.run<typeof fetchPage>('fetch-page', { url: input.url }, { share: 0.9 });
 *   return { bytes: page.length };
 * });
 */
export function jobWorkflow<C extends JobContract>(name: C['name'], body: JobBody<C>): JobWorkflow {
  return { name, body };
}

/** Runs the body of a multi-step job to its one end. */
export async function multiStep(workflow: JobWorkflow, rawInput: unknown, options?: RunOptions): Promise<unknown> {
  const orders = new Orders();
  const job = new Job(orders);
  showView(job);
  let checked: RunOptions = {};
  try {
    checked = failOnJobError(() => readRunOptions(options));
    if (orders.isHeld) await orders.due();
    const limits = { ...checked, ...dueFact(checked, orders.dueMs) };
    failIfOver(limits);
    const output = await runBody(workflow, await parseInput(rawInput), { job, limits });
    checkPayload(output, `output of "${workflow.name}"`, { code: 'invalid-output' });
    job.status = 'completed';
    job.progress(100);
    await sendNotices(checked.notify, { status: job.status });
    return output;
  } catch (error) {
    const ending = endingFailure(error);
    job.status = isCancellation(error) ? 'cancelled' : 'failed';
    await sendNotices(checked.notify, { status: job.status, error: ending });
    throw ending;
  }
}

async function runBody(workflow: JobWorkflow, input: unknown, { job, limits }: { job: Job; limits: LimitedJob }): Promise<unknown> {
  const scope = new CancellationScope();
  const deadline = atDeadline(limits, () => scope.cancel());
  const [ended] = await Promise.allSettled([scope.run(() => workflow.body(input as never, scopeOf(job)))]);
  deadline.stop();
  const body = deadline.isOver && limits.deadlineMs !== undefined ? rejectedWith(deadlineError(limits.deadlineMs)) : ended;
  if (CancellationScope.current().consideredCancelled) job.status = 'cancelling';
  // Steps that the body no longer waits for: nothing of a job may run once it is closed.
  scope.cancel();
  await job.stepsEnded();
  const cleanUps = await job.runCleanUps();
  // What ended the body says more than the clean-up after it; a cancel, which is no failure, does not hide what was left behind.
  const isFailed = body.status === 'rejected' && !isCancellation(body.reason);
  const ends = isFailed ? [body, ...cleanUps] : [...cleanUps, body];
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return body.status === 'fulfilled' ? body.value : undefined;
}

function rejectedWith(reason: JobError): PromiseRejectedResult {
  return { status: 'rejected', reason };
}

/** The input as the contract's schema gives it. A local activity, since the schema cannot come into workflow code. */
async function parseInput(rawInput: unknown): Promise<unknown> {
  const parsers = proxyLocalActivities<InputParsers>({
    startToCloseTimeout: '10s',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  });
  return await parsers[PARSE_INPUT_ACTIVITY](workflowInfo().workflowType, rawInput);
}

/** What ends the job. A plain error thrown in workflow code would be retried for ever, so it becomes a failure. */
function endingFailure(error: unknown): unknown {
  // One that the body made itself; those of steps and children have been carried already.
  if (error instanceof ApplicationFailure)
    return withStack(finalFailure({ message: error.message, type: error.type ?? 'handler-failed', details: error.details ?? [] }), error);
  if (error instanceof TemporalFailure) return error;
  const known = asJobError(error) ?? new JobError('handler-failed', messageOf(error));
  return withStack(jobFailure(known), error);
}

function withStack(failure: ApplicationFailure, error: unknown): ApplicationFailure {
  const stack = stackOf(error);
  if (stack !== undefined) failure.stack = stack.slice(0, MAX_STACK_LENGTH);
  return failure;
}
