/** Owns what users write to process jobs: the interface, and the base class that saves them the bookkeeping. */
import { BoundJob } from './bound-job.ts';
import type { Job } from './job.ts';

/** Does the work of a job type. A class, or an object literal. */
export interface JobProcessor<T = Job['data'], R = Job['result']> {
  /** Its value is the job's result; throwing means: this attempt failed. */
  process(job: Job<T>): Promise<R>;
  /** Called on each progress that is not lower than the one before. */
  onProgress?(progress: number): void;
  /** Called once when the job has its result, and waited for if it returns a promise. */
  onComplete?(result: R): void | Promise<void>;
  /** Called on each failed attempt, and waited for before the failure is reported. */
  onError?(error: Error): void | Promise<void>;
}

/**
 * A processor with helpers that keep the job and the callbacks in step. They work on any `Job`; on one that the queue
 * gave, the queue calls the callbacks, since only it knows what became of the attempt.
 */
export abstract class BaseJobProcessor<T = Job['data'], R = Job['result']> implements JobProcessor<T, R> {
  abstract process(job: Job<T>): Promise<R>;
  onProgress?(progress: number): void;
  onComplete?(result: R): void | Promise<void>;
  onError?(error: Error): void | Promise<void>;

  /** Sets the job's progress, 0–100. @throws RangeError; `JobCancelled` when the job was cancelled */
  protected updateProgress(job: Job<T>, progress: number): void {
    const isBehind = progress < job.progress;
    job.updateProgress(progress);
    if (!isBound(job) && !isBehind) this.onProgress?.(progress);
  }

  /** Gives the job its result. It counts when `process` then returns nothing. */
  protected handleComplete(job: Job<T>, result: Job['result']): void {
    job.markComplete(result);
    if (!isBound(job)) void this.onComplete?.(result as R);
  }

  /** Marks the job failed and tells `onError`. The attempt only fails if `process` throws as well. */
  protected handleError(job: Job<T>, error: Error): void {
    job.markFailed(error);
    if (isBound(job)) void job.tellError(error);
    else void this.onError?.(error);
  }
}

function isBound(job: unknown): job is BoundJob {
  return job instanceof BoundJob;
}
