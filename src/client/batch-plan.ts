/** Owns what `addBatch` can be told, and the check of it, the same wherever its calls go. */
import { type AddOptions, type AddPlan, addPlan } from '../contract/add-options.ts';
import { BATCH_OPTION_KEYS, type BatchOptions, checkBatchOptions } from '../contract/batch.ts';
import type { JobContract } from '../contract/define-job.ts';
import { asJobError, JobError } from '../contract/errors.ts';
import { invalidOption } from '../contract/options.ts';

/** What a batch has not: keys of single jobs, and limits that belong to a workflow of the job's own. */
const NOT_OF_BATCHES = ['dedupeKey', 'dedupeWindow', 'onDuplicate', 'idempotencyKey', 'deadline', 'expiresIn'] as const;

/** Of the options of `add` those that are said of all items: `retry`, `timeout` and `maxAttempts` are of each, the others of the batch. */
export interface AddBatchOptions extends BatchOptions, Omit<AddOptions, (typeof NOT_OF_BATCHES)[number]> {}

/** Inputs that are read once, in order. */
export type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>;

/** Refuses what cannot be a batch, before anything is read. @throws JobError `invalid-options`, `invalid-contract` */
export function batchPlan(contract: JobContract, options: AddBatchOptions = {}): { readonly batch: BatchOptions; readonly plan: AddPlan } {
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const key of NOT_OF_BATCHES) if (given[key] !== undefined) throw invalidOption(key, 'left out: a batch has none', given[key]);
  const batch = checkBatchOptions(options);
  const rest = Object.fromEntries(Object.entries(given).filter(([key]) => !BATCH_OPTION_KEYS.some((own) => own === key)));
  const plan = addPlan(contract, rest);
  const { deadlineMs, expiresInMs, cleanUpMs, steps } = plan.runOptions ?? {};
  const wrong = Object.entries({ deadline: deadlineMs, expiresIn: expiresInMs, cleanUp: cleanUpMs, steps }).find(
    ([, value]) => value !== undefined,
  );
  if (wrong === undefined) return { batch, plan };
  throw new JobError(
    'invalid-contract',
    `The job type "${contract.name}" has "${wrong[0]}", which needs a workflow of its own for each job: a batch cannot have it.`,
  );
}

/** Says which item it is about. */
export function ofItem(item: number, error: unknown): unknown {
  const known = asJobError(error);
  if (known === undefined) return error;
  return new JobError(known.code, `Item ${item}: ${known.message}`, { details: { ...known.details, item }, cause: error });
}
