/**
 * Owns how a processor becomes the handler of a job type: its result, and when its callbacks are called.
 *
 * 1. `onProgress` when the progress is set, `onError` before a failed attempt is reported, `onComplete` before a
 *    completed one is. What they throw is logged and changes nothing.
 * 2. A processor that goes on after its attempt was given up has no callbacks and no events any more.
 */
import { Attempt } from '../activities/attempt.ts';
import { type AttemptEnd, type HandledJob, type HandlerContext, jobEndOf } from '../activities/handle.ts';
import { defineJob, type JobContract } from '../contract/define-job.ts';
import { messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';
import { BoundJob } from './bound-job.ts';
import type { Job } from './job.ts';
import type { JobProcessor } from './job-processor.ts';

/** What a processor's runs tell the queue. */
export interface ProcessorHost {
  readonly queue: string;
  readonly log: Log;
  attemptStarted(id: string): void;
  progressed(job: Job): void;
  /** The job has its result, has failed for good or was cancelled; the server learns of it next. */
  jobEnding(id: string): void;
}

interface Run {
  readonly job: BoundJob;
  isSettled: boolean;
}

/** A cancelled processor that does not end is given up after this time. */
const CANCEL_GRACE_MS = 5000;

/** The contract of a job type that takes anything and gives anything. @throws JobError `invalid-contract` */
export function anyJob(type: string, queue: string): JobContract {
  return defineJob({ name: type, input: { '~standard': { version: 1, vendor: 'holdfast', validate: (value) => ({ value }) } }, queue });
}

/** The processor as the handler of the job type. */
export function processorJob(type: string, processor: JobProcessor, host: ProcessorHost): HandledJob {
  const runs = new WeakMap<HandlerContext, Run>();
  const guarded = guardedCallbacks(type, processor, host);
  return {
    contract: anyJob(type, host.queue),
    cancelGraceMs: CANCEL_GRACE_MS,
    async handler(data: unknown, context: HandlerContext) {
      host.attemptStarted(context.jobId);
      const run: Run = { job: bind(data, context, { guarded, host }), isSettled: false };
      runs.set(context, run);
      try {
        const returned: unknown = await processor.process(run.job);
        return returned === undefined ? run.job.result : returned;
      } finally {
        run.isSettled = true;
      }
    },
    async attemptEnded(end, context) {
      const run = runs.get(context);
      run?.job.release();
      if (run?.isSettled === false) warnOfDeaf(end, context, host.log);
      if (end.outcome === 'completed') await guarded.onComplete(end.output);
      if (isFailure(end)) await (run?.job.tellError(asError(end.error)) ?? guarded.onError(asError(end.error)));
      if (jobEndOf(end) !== undefined) host.jobEnding(context.jobId);
    },
  };
}

interface Callbacks {
  onProgress(progress: number): void;
  onComplete(result: unknown): Promise<void>;
  onError(error: Error): Promise<void>;
}

/** The processor's callbacks, made harmless. */
function guardedCallbacks(type: string, processor: JobProcessor, host: ProcessorHost): Callbacks {
  const call = async (callback: string, body: () => void | Promise<void>): Promise<void> => {
    try {
      await body();
    } catch (error) {
      host.log.warn(`${callback} failed`, { type, error: messageOf(error) });
    }
  };
  return {
    onProgress: (progress) => void call('onProgress', () => processor.onProgress?.(progress)),
    onComplete: (result) => call('onComplete', () => processor.onComplete?.(result)),
    onError: (error) => call('onError', () => processor.onError?.(error)),
  };
}

function bind(data: unknown, context: HandlerContext, { guarded, host }: { guarded: Callbacks; host: ProcessorHost }): BoundJob {
  return new BoundJob({
    context,
    data,
    progress: context instanceof Attempt ? (context.state.progress?.percent ?? 0) : 0,
    onProgress: (job) => {
      guarded.onProgress(job.progress);
      host.progressed(job);
    },
    onError: (error) => guarded.onError(error),
  });
}

function warnOfDeaf({ outcome }: AttemptEnd, { type, jobId }: HandlerContext, log: Log): void {
  log.warn('processor does not stop: its attempt is over, and its place is kept until it ends', { type, job: jobId, outcome });
}

function isFailure(end: AttemptEnd): end is Extract<AttemptEnd, { isLast: boolean }> {
  return end.outcome === 'failed' || end.outcome === 'timed-out';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}
