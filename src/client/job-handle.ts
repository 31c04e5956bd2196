/** Owns the handle of one job: what a client does with jobs, for this one. */
import type { ActionNote, PostponeOptions, RetryByHandOptions } from '../contract/actions.ts';
import type { CancelOptions } from '../contract/cancel-options.ts';
import type { InputOf, JobContract, OutputOf } from '../contract/define-job.ts';
import { unknownJob } from '../contract/errors.ts';
import { checkJobId } from '../contract/options.ts';
import type { Priority } from '../contract/priority.ts';
import type { JobSnapshot } from '../contract/snapshot.ts';
import { parseOutput } from '../contract/validate.ts';
import type { CancelOutcome } from '../temporal/cancel-job.ts';
import type { WatchOptions } from '../temporal/watch/watch-hub.ts';
import { checkedInput } from './checks.ts';

export interface ResultOptions {
  /** Stops the waiting, not the job; `result` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One job, in the hands of the one who added it. */
export interface JobHandle<C extends JobContract = JobContract> {
  readonly id: string;
  /** True when `add` found a job of this dedupe or idempotency key, and made none. */
  readonly deduplicated: boolean;
  get(): Promise<JobSnapshot>;
  watch(options?: WatchOptions): AsyncGenerator<JobSnapshot, void, undefined>;
  /** Waits for the end. @throws JobError with the job's own code when it failed, `cancelled` when it was cancelled */
  result(options?: ResultOptions): Promise<OutputOf<C>>;
  cancel(options?: string | CancelOptions): Promise<CancelOutcome>;
  runNow(options?: ActionNote): Promise<void>;
  postpone(options: PostponeOptions): Promise<void>;
  setPriority(priority: Priority | number, options?: ActionNote): Promise<void>;
  retryNow(options?: ActionNote): Promise<void>;
  /** As the client's `retry`; new input is checked by the contract. */
  retry(options?: RetryByHandOptions<InputOf<C>>): Promise<void>;
}

/** What a client does with a job by its id. */
export interface ById {
  get(id: string): Promise<JobSnapshot | undefined>;
  watch(id: string, options?: WatchOptions): AsyncGenerator<JobSnapshot, void, undefined>;
  result(id: string, options?: ResultOptions): Promise<unknown>;
  cancel(id: string, options?: string | CancelOptions): Promise<CancelOutcome>;
  runNow(id: string, options?: ActionNote): Promise<void>;
  postpone(id: string, options: PostponeOptions): Promise<void>;
  setPriority(id: string, priority: Priority | number, options?: ActionNote): Promise<void>;
  retryNow(id: string, options?: ActionNote): Promise<void>;
  retry(id: string, options?: RetryByHandOptions): Promise<void>;
}

/** The handle of a job that this call did not add. */
export function jobHandle<C extends JobContract = JobContract>(jobs: ById, id: string, contract?: C): JobHandle<C> {
  checkJobId(id);
  return {
    id,
    deduplicated: false,
    get: () => existing(jobs, id),
    watch: (options) => jobs.watch(id, options),
    async result(options) {
      const output = await jobs.result(id, options);
      return contract === undefined ? output : await parseOutput(contract, output);
    },
    cancel: (options) => jobs.cancel(id, options),
    runNow: (options) => jobs.runNow(id, options),
    postpone: (options) => jobs.postpone(id, options),
    setPriority: (priority, options) => jobs.setPriority(id, priority, options),
    retryNow: (options) => jobs.retryNow(id, options),
    async retry(options = {}) {
      if (contract !== undefined && options.input !== undefined) await checkedInput(contract, options.input);
      await jobs.retry(id, options);
    },
  };
}

/** The job, which has to be there. @throws JobError `not-found` */
export async function existing(jobs: Pick<ById, 'get'>, id: string): Promise<JobSnapshot> {
  const snapshot = await jobs.get(id);
  if (snapshot === undefined) throw unknownJob(id);
  return snapshot;
}
