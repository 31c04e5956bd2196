/** Owns the retry by hand: a new run of a job that has failed or was cancelled, as the run before was started. */
import { type ActionNote, checkAction } from '../contract/actions.ts';
import type { AddPlan } from '../contract/add-options.ts';
import type { BatchPlan } from '../contract/batch.ts';
import { JobError } from '../contract/errors.ts';
import { invalidOption } from '../contract/options.ts';
import { type JobMemo, readRunOptions, type RunOptions } from '../contract/messages.ts';
import { checkPayload, type EncodedPayload } from '../contract/payload.ts';
import { DEFAULT_RETRY } from '../contract/retry.ts';
import { BatchLook } from './batches/batch-reads.ts';
import type { Temporal } from './connection.ts';
import type { JobDescription } from './describe.ts';
import { existingJob } from './find-job.ts';
import { readEnding } from './ending.ts';
import { readFirstEvents } from './first-events.ts';
import { inputHash } from './input-hash.ts';
import { startJob } from './start-job.ts';
import { statusOf } from './status.ts';

export interface RetryPlan extends ActionNote {
  /** What to run with. Undefined: the input of the run before. */
  readonly input: EncodedPayload | undefined;
  readonly from: 'checkpoint' | 'start' | undefined;
}

/**
 * Starts the next run of the job. Two retries of one run at the same time are one.
 * @throws JobError `not-found`; `conflict` in another status; `invalid-options` for the checkpoint of a job of several steps
 */
export async function retryJob(temporal: Temporal, id: string, { input, from, ...note }: RetryPlan): Promise<void> {
  const { job: before, carried } = await existingJob(temporal, id);
  checkAction('retry', { id, status: statusOf(before, Date.now()) });
  const [first, { state }] = await Promise.all([
    carried ?? readFirstEvents(temporal, before, 1),
    carried?.ending ?? readEnding(temporal, before),
  ]);
  const runOptions = readRunOptions(first.runOptions as RunOptions);
  if (runOptions.batch !== undefined) {
    if (input !== undefined) throw invalidOption('input', 'left out: a batch keeps the inputs of its items', input.value);
    await retryBatch(temporal, before, { from, note, runOptions: { ...runOptions, batch: runOptions.batch } });
    return;
  }
  const hasSteps = runOptions.steps === true || before.steps !== undefined;
  if (from === 'checkpoint' && hasSteps) throw invalidOption('from', '"start" for a job of several steps, which has no checkpoint', from);
  const { from: given, carries: _carries, ...kept } = runOptions;
  // A run that no handler was called for leaves what it was given itself.
  const left = state?.checkpoint === undefined ? given : { checkpoint: state.checkpoint, ...progressOf(state) };
  const checkpoint = from === 'start' || left?.checkpoint === undefined ? {} : { from: left };
  // The body of a job with steps cannot look into the store: its input has to travel itself.
  if (hasSteps && input !== undefined) checkPayload(input.value, `new input of "${id}"`);
  const maxAttempts = before.memo?.maxAttempts ?? state?.maxAttempts ?? DEFAULT_RETRY.maxAttempts;
  await start(temporal, before, {
    input: input === undefined ? first.input : await temporal.values.send(id, input),
    inputHash: input === undefined ? before.memo?.inputHash : inputHash(input.value),
    plan: planOf(before, maxAttempts, { ...kept, ...checkpoint }),
    note,
  });
}

/** The next run of a batch does what was not completed; from the start, all of it. */
async function retryBatch(
  temporal: Temporal,
  before: JobDescription,
  { from, note, runOptions }: Pick<RetryPlan, 'from'> & { readonly note: ActionNote; readonly runOptions: BatchRunOptions },
): Promise<void> {
  const { segments: _segments, ...plan } = runOptions.batch;
  const run = before.run + 1;
  const isAnew = from === 'start';
  const batch = {
    ...plan,
    run,
    since: isAnew ? run : plan.since,
    ...(isAnew ? {} : { segments: await (await BatchLook.at(temporal, before.id)).unfinished() }),
  };
  const name = before.memo?.batch?.name;
  await start(temporal, before, {
    input: { items: plan.items },
    inputHash: undefined,
    plan: planOf(before, before.memo?.maxAttempts ?? DEFAULT_RETRY.maxAttempts, { ...runOptions, batch }),
    note,
    memo: { batch: { items: plan.items, since: batch.since, ...(name === undefined ? {} : { name }) } },
  });
}

type BatchRunOptions = RunOptions & { readonly batch: BatchPlan };

function progressOf({ progress }: { readonly progress?: NonNullable<RunOptions['from']>['progress'] }): NonNullable<RunOptions['from']> {
  return progress === undefined ? {} : { progress };
}

/** How the next run is started: as the one before, at once. */
function planOf(before: JobDescription, maxAttempts: number, runOptions: RunOptions): AddPlan {
  return {
    queue: before.queue,
    delayMs: 0,
    priorityKey: before.priorityKey,
    key: before.memo?.key,
    maxAttempts,
    tags: before.tags,
    dedupe: undefined,
    tenant: undefined,
    idempotencyKey: undefined,
    runOptions: Object.keys(runOptions).length === 0 ? undefined : runOptions,
  };
}

interface NextRun {
  readonly input: unknown;
  /** Undefined where the job has no dedupe key and its input was not changed. */
  readonly inputHash: string | undefined;
  readonly plan: AddPlan;
  readonly note: ActionNote;
  /** What else is kept beside it. */
  readonly memo?: Partial<JobMemo>;
}

async function start(
  temporal: Temporal,
  before: JobDescription,
  { input, inputHash: hash, plan, note, memo: more }: NextRun,
): Promise<void> {
  const { id, type, runId } = before;
  const requestHash = before.memo?.requestHash;
  const memo = {
    run: before.run + 1,
    previousRunId: runId,
    addedMs: before.firstAddedMs,
    retried: note,
    ...more,
    ...(hash === undefined ? {} : { inputHash: hash }),
    ...(requestHash === undefined ? {} : { requestHash }),
  };
  const policy = { reuse: 'ALLOW_DUPLICATE_FAILED_ONLY', requestId: `retry-${runId}` } as const;
  try {
    await startJob(temporal, { id, type, input, plan, memo, policy });
  } catch (error) {
    if (!(error instanceof JobError) || error.code !== 'conflict') throw error;
    checkAction('retry', { id, status: statusOf((await existingJob(temporal, id)).job, Date.now()) });
    throw error;
  }
}
