/**
 * Owns the job that a processor is given: what it reports goes to the server and to whoever listens, and a cancel
 * reaches a processor that never looks at a signal. How the processor is run is in `run-processor.ts`.
 */
import type { HandlerContext } from '../activities/handle.ts';
import { JobError } from '../contract/errors.ts';
import { Job, JobStatus } from './job.ts';
import { addedAtOf } from './stored-job.ts';

/** What `updateProgress` throws in a processor whose job was cancelled. Let it pass. */
export class JobCancelled extends JobError {
  constructor(id: string) {
    super('cancelled', `The job "${id}" was cancelled. Let this error pass, so that the processor ends.`, { details: { id } });
    this.name = 'JobCancelled';
  }
}

export interface BoundJobParts {
  readonly context: HandlerContext;
  readonly data: unknown;
  /** What an earlier attempt reported last. */
  readonly progress: number;
  /** Told of each progress that is not lower than the one before. Must not throw. */
  readonly onProgress: (job: BoundJob) => void;
  /** Told of the attempt's error. Must not reject. */
  readonly onError: (error: Error) => Promise<void>;
}

export class BoundJob extends Job<unknown, unknown> {
  override readonly signal: AbortSignal;
  readonly #parts: BoundJobParts;
  #errorTold: Promise<void> | undefined;
  #isReleased = false;

  constructor(parts: BoundJobParts) {
    const { context } = parts;
    super(context.type, parts.data, { maxAttempts: context.maxAttempts });
    this.#parts = parts;
    this.id = context.jobId;
    this.signal = context.signal;
    this.status = JobStatus.PROCESSING;
    this.attempts = context.attempt;
    this.progress = parts.progress;
    this.startedAt = new Date();
    this.createdAt = addedAtOf(context.jobId) ?? this.startedAt;
  }

  /** @throws JobCancelled once the job is cancelled; the signal's reason after a timeout and at close */
  override updateProgress(progress: number): void {
    this.#stopIfAborted();
    const isBehind = progress < this.progress;
    super.updateProgress(progress);
    if (isBehind || this.#isReleased) return;
    this.#parts.context.progress(progress);
    this.#parts.onProgress(this);
  }

  /** Tells the processor of the attempt's error, once: the first call counts. */
  tellError(error: Error): Promise<void> {
    this.#errorTold ??= this.#parts.onError(error);
    return this.#errorTold;
  }

  /** The attempt is over: from now on the job is just an object. */
  release(): void {
    this.#isReleased = true;
  }

  #stopIfAborted(): void {
    if (!this.signal.aborted) return;
    const reason: unknown = this.signal.reason;
    throw reason instanceof JobError && reason.code !== 'cancelled' ? reason : new JobCancelled(this.id);
  }
}
