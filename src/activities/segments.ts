/**
 * Owns a call of a batch: a worker works through some of its segments, one after the other, for as long as its turn is.
 *
 * 1. The results of a segment are written when all of its items have ended; a segment that has them is not done again.
 * 2. An item that failed and is tried again waits here for its time. When nothing else is left the call ends, and the workflow waits.
 * 3. Items whose worker died come last. One whose worker died twice goes back to the workflow, which gives it a call of its own.
 */
import { setMaxListeners } from 'node:events';
import { ApplicationFailure } from '@temporalio/activity';
import {
  type BatchCounts,
  type BatchPlan,
  endedIn,
  itemsIn,
  NO_ITEMS,
  type SegmentsCall,
  type SegmentsResult,
  sumOf,
} from '../contract/batch.ts';
import { asJobError, JobError, messageOf } from '../contract/errors.ts';
import type { ResultEnvelope } from '../contract/messages.ts';
import { BatchValues } from '../payloads/batch-values.ts';
import type { Attempt } from './attempt.ts';
import { SharedCall } from './carried-attempt.ts';
import type { HandledJob } from './handle.ts';
import { asOneCall } from './one-call.ts';
import { type HandlerRun, snoozeFailure } from './run-handler.ts';
import { Segment, type SegmentHost } from './segment.ts';

const NO_BATCH: BatchPlan = { items: 0, run: 1, since: 1 };
const TICK_MS = 250;
const PAUSE_MS = 5000;
/** How often the server is asked whether the batch was cancelled, once its workflow has stopped this call. */
const ASK_MS = 1000;

/** Works through segments. */
export async function runSegments(handled: HandledJob, call: SegmentsCall, run: HandlerRun): Promise<ResultEnvelope> {
  return await asOneCall(handled, run, async (attempt) => {
    try {
      return await new SegmentsRun(handled, call, { attempt, run }).result();
    } catch (error) {
      const known = asJobError(error);
      if (known === undefined) throw error;
      // The payload folder cannot be used now, or this worker has none: whoever looks is told, and it is tried again.
      if (known.retryable) throw snoozeFailure({ error: known, waitMs: PAUSE_MS }, attempt);
      throw ApplicationFailure.create({ message: known.message, type: known.code, nonRetryable: true });
    }
  });
}

interface CallParts {
  readonly attempt: Attempt;
  readonly run: HandlerRun;
}

class SegmentsRun {
  readonly #host: SegmentHost;
  readonly #call: SegmentsCall;
  readonly #plan: BatchPlan;
  readonly #attempt: Attempt;
  readonly #run: HandlerRun;
  readonly #values: BatchValues;
  /** What the worker before left. */
  readonly #record: Attempt['state']['segment'];
  readonly #items: number;
  /** Ended in this call, in the segments before the current one. */
  #counts: BatchCounts;
  #current: Segment | undefined;
  /** Fires when no further item is to be begun. */
  readonly #end = new AbortController();
  #turn: NodeJS.Timeout | undefined;
  #isCancelling = false;
  #hasFailed = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(handled: HandledJob, call: SegmentsCall, { attempt, run }: CallParts) {
    const { batch: plan = NO_BATCH } = run.options;
    const { segments, left } = call;
    const before = left?.counts ?? NO_ITEMS;
    this.#call = call;
    this.#plan = plan;
    this.#attempt = attempt;
    this.#run = run;
    this.#record = attempt.state.segment;
    this.#values = new BatchValues(run.host.values, { id: run.context.info.workflowExecution?.workflowId ?? '', ...plan });
    this.#items = segments.reduce((sum, segment) => sum + itemsIn(segment, plan.items), 0) - endedIn(before);
    this.#counts = minus(before);
    // Each of those that wait for a place listens.
    setMaxListeners(0, this.#end.signal);
    this.#host = {
      shared: new SharedCall(handled, run, call.timeoutMs),
      plan,
      call,
      run,
      attempt,
      values: this.#values,
      end: this.#end.signal,
      counts: () => sumOf(this.#counts, this.#current?.counts ?? NO_ITEMS),
      begun: () => (this.#turn ??= setTimeout(() => this.#end.abort(), call.turnMs)),
      failed: () => this.#noteFailure(),
    };
  }

  /** Undefined when its worker is shut down and another one is to go on. */
  async result(): Promise<SegmentsResult | undefined> {
    const { signal, call } = this.#attempt;
    const onStop = (): void => this.#heed();
    signal.addEventListener('abort', onStop);
    const unlisten = this.#run.host.cancels.listen(call, () => this.#attempt.abort(new JobError('cancelled')));
    const ticks = setInterval(() => this.#tick(), TICK_MS);
    if (this.#call.isClosing === true) this.#cancel();
    this.#heed();
    try {
      return await this.#work();
    } finally {
      clearInterval(ticks);
      clearTimeout(this.#turn);
      unlisten();
      signal.removeEventListener('abort', onStop);
    }
  }

  async #work(): Promise<SegmentsResult | undefined> {
    const { segments, isClosing = false } = this.#call;
    for (const [index, number] of segments.entries()) {
      const known = await this.#values.counts(this.#plan.run, number);
      if (known !== undefined) {
        this.#counts = sumOf(this.#counts, known);
        continue;
      }
      // One that nobody has begun goes to another call.
      if (this.#end.signal.aborted && index > 0 && !isClosing)
        return this.#isShutDown ? undefined : this.#told({ rest: segments.slice(index) });
      const segment = await this.#open(number);
      await segment.work();
      if (!segment.isDone && (this.#isCancelling || this.#hasFailed)) segment.cancelRest();
      if (segment.isDone) {
        const ended = await segment.keepResults();
        this.#counts = sumOf(this.#counts, ended);
        this.#current = undefined;
        continue;
      }
      if (this.#isShutDown) {
        await segment.keepDraft();
        return undefined;
      }
      return this.#told({ left: await segment.left(), rest: segments.slice(index + 1) });
    }
    return this.#told({});
  }

  #told(more: Pick<SegmentsResult, 'left' | 'rest'>): SegmentsResult {
    return { counts: this.#host.counts(), ...more, ...(this.#hasFailed ? { isStopped: true } : {}) };
  }

  async #open(number: number): Promise<Segment> {
    const segment = new Segment(this.#host, number);
    await segment.load(this.#record?.segment === number ? this.#record : undefined);
    this.#current = segment;
    return segment;
  }

  get #isShutDown(): boolean {
    return this.#attempt.stopped !== undefined && this.#attempt.stopped.code !== 'cancelled';
  }

  #noteFailure(): void {
    const { onItemFailure = 'continue' } = this.#plan;
    if (onItemFailure === 'continue') return;
    this.#hasFailed = true;
    if (onItemFailure === 'cancel-rest') this.#cancel();
    else this.#end.abort();
  }

  #cancel(): void {
    this.#isCancelling = true;
    this.#end.abort();
    this.#current?.abort(new JobError('cancelled'));
  }

  /** Does what whoever has stopped the call wants. */
  #heed(): void {
    const { stopped } = this.#attempt;
    if (stopped === undefined) return;
    this.#end.abort();
    if (stopped.code !== 'cancelled') this.#current?.abort(stopped);
    // The workflow stops its other calls when an item has failed: what they have begun goes on.
    else if (this.#plan.onItemFailure === 'stop') void this.#ask();
    else this.#cancel();
  }

  #tick(): void {
    this.#current?.tick();
    const done = endedIn(this.#host.counts());
    if (this.#items > 0) this.#attempt.progress({ done: Math.min(Math.max(0, done), this.#items), total: this.#items });
    this.#heed();
  }

  /** Asks whether the whole batch was cancelled. */
  async #ask(): Promise<void> {
    const { workflowExecution } = this.#run.context.info;
    this.#hasFailed = true;
    if (workflowExecution === undefined || this.#isCancelling || performance.now() - this.#askedAt < ASK_MS) return;
    this.#askedAt = performance.now();
    try {
      if ((await this.#run.host.cancelledJobs(workflowExecution)) === 'all') this.#cancel();
    } catch (error) {
      this.#run.host.log.debug('not asked whether it is cancelled', { job: workflowExecution.workflowId, error: messageOf(error) });
    }
  }
}

function minus({ completed, failed, cancelled }: BatchCounts): BatchCounts {
  return { completed: -completed, failed: -failed, cancelled: -cancelled };
}
