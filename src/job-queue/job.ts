/**
 * Owns the picture of one job that users of `JobQueue` hold: its fields, its state methods, its JSON form.
 * It talks to nobody: the one that a processor is given is `bound-job.ts`, the truth about a job is on the server.
 */
import { uuidv7 } from 'uuidv7';
import { checkJobName } from '../contract/define-job.ts';
import { messageOf } from '../contract/errors.ts';
import { checkInteger, checkText, invalidOption, show } from '../contract/options.ts';
import { MAX_ATTEMPTS_LIMIT } from '../contract/retry.ts';
import { addOptionsOf, type JobOptions } from './job-options.ts';

/** The five statuses: `status === JobStatus.COMPLETED` and `status === 'completed'` are the same. */
export const JobStatus = {
  QUEUED: 'queued',
  PROCESSING: 'processing',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
} as const;
export type JobStatus = (typeof JobStatus)[keyof typeof JobStatus];

/** A job as JSON: what `toJSON` gives and `fromJSON` takes. Dates are ISO 8601 texts; `fromJSON` also takes `Date`s. */
export interface JobData<T = Job['data'], R = Job['result']> {
  id: string;
  type: string;
  data: T;
  status: JobStatus;
  progress: number;
  result?: R;
  error?: string;
  attempts: number;
  maxAttempts: number;
  createdAt: string | Date;
  startedAt?: string | Date;
  completedAt?: string | Date;
}

/**
 * One job. Made by hand it is just an object; `addJob` and `getJob` give snapshots, `process` gets one that is bound.
 * @example const job = new Job('send-email', { to: 'a@b.example' }, { maxAttempts: 5 });
 */
// eslint-disable-next-line typescript/no-explicit-any -- code written for the system that this replaces reads `job.result.x` without a type
export class Job<T = any, R = any> {
  id: string;
  type: string;
  data: T;
  status: JobStatus = JobStatus.QUEUED;
  /** 0–100, never going down. */
  progress = 0;
  result?: R;
  /** Message of the error that failed the job. */
  error?: string;
  /** 0 before the first attempt, then the number of the one under way or last. */
  attempts = 0;
  maxAttempts: number;
  createdAt = new Date();
  startedAt?: Date;
  /** When it ended, in whatever way. */
  completedAt?: Date;
  /** Fires on cancel, timeout and close. Only there in a job that a processor is given. */
  readonly signal?: AbortSignal;

  /** @throws JobError `invalid-contract` for an unusable type, `invalid-options` */
  constructor(type: string, data: T, options?: JobOptions) {
    this.type = checkJobName(type);
    this.data = data;
    this.maxAttempts = addOptionsOf(options).maxAttempts;
    this.id = uuidv7();
  }

  /** Sets the progress. Lower than before is ignored. @throws RangeError outside 0–100 */
  updateProgress(progress: number): void {
    if (!isPercent(progress)) throw new RangeError(`Expected progress to be a number from 0 to 100, got: ${show(progress)}.`);
    this.progress = Math.max(this.progress, progress);
  }

  /** A new attempt begins. */
  markProcessing(): void {
    this.status = JobStatus.PROCESSING;
    this.attempts += 1;
    this.startedAt = new Date();
    delete this.completedAt;
    delete this.error;
  }

  markComplete(result: R): void {
    this.#end(JobStatus.COMPLETED);
    this.result = result;
    this.progress = 100;
    delete this.error;
  }

  markFailed(error: Error | string): void {
    this.#end(JobStatus.FAILED);
    this.error = messageOf(error);
  }

  markCancelled(): void {
    this.#end(JobStatus.CANCELLED);
  }

  /** True while attempts are left. */
  canRetry(): boolean {
    return this.attempts < this.maxAttempts;
  }

  toJSON(): JobData<T, R> {
    return {
      id: this.id,
      type: this.type,
      data: this.data,
      status: this.status,
      progress: this.progress,
      ...(this.result === undefined ? {} : { result: this.result }),
      ...(this.error === undefined ? {} : { error: this.error }),
      attempts: this.attempts,
      maxAttempts: this.maxAttempts,
      createdAt: this.createdAt.toISOString(),
      ...(this.startedAt === undefined ? {} : { startedAt: this.startedAt.toISOString() }),
      ...(this.completedAt === undefined ? {} : { completedAt: this.completedAt.toISOString() }),
    };
  }

  /** The job that `toJSON` gave, also after a way through text. @throws JobError `invalid-options` naming the wrong field */
  static fromJSON<T = Job['data'], R = Job['result']>(json: JobData<T, R>): Job<T, R> {
    const job = new Job<T, R>(json.type, json.data);
    job.id = checkText(json.id, 'id', 1000);
    job.status = checkStatus(json.status);
    job.progress = checkProgress(json.progress);
    job.attempts = checkInteger(json.attempts, 'attempts', { min: 0, max: MAX_ATTEMPTS_LIMIT });
    job.maxAttempts = checkInteger(json.maxAttempts, 'maxAttempts', { min: 1, max: MAX_ATTEMPTS_LIMIT });
    job.createdAt = checkDate(json.createdAt, 'createdAt');
    if (json.result !== undefined) job.result = json.result;
    if (json.error !== undefined) job.error = json.error;
    if (json.startedAt !== undefined) job.startedAt = checkDate(json.startedAt, 'startedAt');
    if (json.completedAt !== undefined) job.completedAt = checkDate(json.completedAt, 'completedAt');
    return job;
  }

  #end(status: JobStatus): void {
    this.status = status;
    this.completedAt = new Date();
  }
}

function isPercent(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 100;
}

function checkProgress(value: unknown): number {
  if (isPercent(value)) return value;
  throw invalidOption('progress', 'a number from 0 to 100', value);
}

function checkStatus(value: unknown): JobStatus {
  const status = Object.values(JobStatus).find((known) => known === value);
  if (status === undefined) throw invalidOption('status', `one of ${Object.values(JobStatus).join(', ')}`, value);
  return status;
}

function checkDate(value: string | Date, name: string): Date {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw invalidOption(name, 'a date', value);
  return date;
}
