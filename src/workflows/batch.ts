/**
 * Owns the workflow of a batch. It knows segments and counts, no items: calls of workers go through the segments, some at a time, and what
 * a call has left goes out again. Items whose worker died twice have a call of their own.
 */
import { CancellationScope, CancelledFailure, isCancellation, sleep, upsertMemo, workflowInfo } from '@temporalio/workflow';
import { stateOfNewCall } from '../contract/attempts.ts';
import {
  BATCH_MEMO_KEY,
  type BatchCounts,
  type BatchPlan,
  endedIn,
  itemsIn,
  NO_ITEMS,
  SEGMENT_ITEMS,
  segmentCount,
  type SegmentLeft,
  type SegmentsCall,
  type SegmentsResult,
  sumOf,
  type Suspect,
} from '../contract/batch.ts';
import { chunkType, type Outcome } from '../contract/carrier.ts';
import { JobError } from '../contract/errors.ts';
import { readRunOptions, type RunOptions, STEPS_MEMO_KEY, type StepMemo, type StepsMemo } from '../contract/messages.ts';
import { endOfCall } from './end-of-call.ts';
import { failOnJobError, jobFailure } from './failure.ts';
import { sendNotices } from './notices.ts';
import { Orders } from './orders.ts';
import { runStep } from './run-step.ts';
import { showView, type View } from './view.ts';

/** Calls that are under way at the same time: as many worker processes can work at a batch. */
const WINDOW = 4;
/** A batch of more segments gives several to a call, so that its history stays short. */
const MOST_CALLS = 500;
/** How long a call begins items. After so many calls turns are twice as long: a batch that takes long makes few. */
const FIRST_TURN_MS = 30_000;
const CALLS_OF_A_TURN = 100;

/** Segments that wait for a call. */
interface Waiting {
  readonly segments: readonly number[];
  readonly left?: SegmentLeft;
  readonly outcomes?: readonly Outcome[];
  /** They were in a call that has ended without a word. */
  readonly isCut?: true;
}

/** The batch: one job, whose items are in the payload store. */
export async function runBatch(options: RunOptions): Promise<BatchCounts> {
  const view: View & { counts: () => BatchCounts } = {
    status: 'queued',
    counts: () => NO_ITEMS,
    overall: () => null,
    report: () => undefined,
  };
  showView(view);
  const orders = new Orders();
  let notify: RunOptions['notify'];
  try {
    const checked = failOnJobError(() => readRunOptions(options));
    ({ notify } = checked);
    if (orders.isHeld) await orders.due();
    const { batch: plan } = checked;
    if (plan === undefined) throw jobFailure(new JobError('invalid-options', 'Expected the plan of a batch in the run options.'));
    view.status = 'processing';
    const counts = await new Batch(plan, checked, orders).run(view);
    view.status = 'completed';
    await sendNotices(notify, { status: view.status });
    return counts;
  } catch (error) {
    view.status = isCancellation(error) ? 'cancelled' : 'failed';
    await sendNotices(notify, { status: view.status, error });
    throw error;
  }
}

class Batch {
  readonly #plan: BatchPlan;
  readonly #options: RunOptions;
  readonly #timeoutMs: number | undefined;
  readonly #orders: Orders;
  readonly #type = workflowInfo().workflowType;
  readonly #waiting: Waiting[];
  readonly #window: number;
  /** Calls that are out, by their places in the window. */
  readonly #calls = new Map<number, CancellationScope>();
  /** What the memo says of them. */
  readonly #shares = new Map<string, StepMemo>();
  /** Items that have ended, but for those that calls under way have not told of. */
  #counts: BatchCounts;
  /** What waits for a time, or for calls of single items. */
  readonly #holds = new Set<CancellationScope>();
  #callsMade = 0;
  #isStopped = false;
  #isMemoDue = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(plan: BatchPlan, { timeoutMs, ...options }: RunOptions, orders: Orders) {
    this.#plan = plan;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#orders = orders;
    const all = plan.segments ?? Array.from({ length: segmentCount(plan.items) }, (_none, segment) => segment);
    const size = Math.ceil(all.length / MOST_CALLS);
    this.#waiting = Array.from({ length: Math.ceil(all.length / Math.max(1, size)) }, (_none, index) => ({
      segments: all.slice(index * size, (index + 1) * size),
    }));
    this.#window = Math.max(1, Math.min(WINDOW, plan.concurrency ?? WINDOW, this.#waiting.length));
    // Of segments with nothing to do all items were completed by a run before.
    this.#counts = { ...NO_ITEMS, completed: plan.items - all.reduce((sum, segment) => sum + itemsIn(segment, plan.items), 0) };
  }

  async run(view: View): Promise<BatchCounts> {
    const root = CancellationScope.current();
    view.overall = () => ({ percent: this.#percent(), done: endedIn(this.#counts), total: this.#plan.items });
    void root.cancelRequested.catch(() => this.#stop());
    this.#noteMemo();
    for (;;) {
      this.#launch();
      if (this.#calls.size === 0 && this.#holds.size === 0 && (this.#isStopped || this.#waiting.length === 0)) break;
      // Not `condition`: a cancel of the batch would end it before what runs has ended.
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    await this.#close();
    return this.#ended(root.consideredCancelled);
  }

  /** How it ended. */
  #ended(isCancelled: boolean): BatchCounts {
    const { items } = this.#plan;
    // Of what was not begun nobody has told.
    if (isCancelled || this.#isStopped) this.#counts = { ...this.#counts, cancelled: items - this.#counts.completed - this.#counts.failed };
    this.#writeMemo();
    if (this.#failure !== undefined) throw this.#failure;
    if (isCancelled) throw new CancelledFailure('The batch was cancelled.');
    const { failed, cancelled } = this.#counts;
    if (endedIn(this.#counts) !== items)
      throw jobFailure(new JobError('internal', `${items - endedIn(this.#counts)} items were not told of.`));
    if (failed === 0) return this.#counts;
    const rest = cancelled === 0 ? '' : `, and ${cancelled} were not done after that`;
    throw jobFailure(
      new JobError('items-failed', `${failed} of ${items} items failed${rest}. A retry does again what was not completed.`, {
        details: { ...this.#counts, items },
      }),
    );
  }

  /** Begins nothing more. What runs in calls of segments is dealt with by these. */
  #stop(): void {
    this.#isStopped = true;
    for (const scope of [...this.#calls.values(), ...this.#holds]) scope.cancel();
    this.#wake();
  }

  #launch(): void {
    const { concurrency = Number.POSITIVE_INFINITY } = this.#plan;
    const window = this.#window;
    for (let slot = 0; slot < window && this.#waiting.length > 0 && !this.#isStopped; slot += 1) {
      if (this.#calls.has(slot)) continue;
      const next = this.#waiting.shift();
      if (next !== undefined) void this.#call(next, slot, lanesOf(slot, window, concurrency));
    }
  }

  async #call(waiting: Waiting, slot: number, lanes: number | undefined): Promise<void> {
    const scope = new CancellationScope();
    this.#calls.set(slot, scope);
    try {
      const result = await scope.run(async () => await this.#runSegments(waiting, lanes === undefined ? {} : { lanes }));
      this.#take(result);
    } catch (error) {
      if (isCancellation(error)) this.#waiting.unshift({ ...waiting, isCut: true });
      else this.#failure ??= asError(error);
      this.#stop();
    }
    this.#calls.delete(slot);
    this.#wake();
  }

  async #runSegments({ segments, left, outcomes }: Waiting, more: Partial<SegmentsCall>): Promise<SegmentsResult> {
    const activityId = `segments-${this.#callsMade}`;
    const turnMs = FIRST_TURN_MS * 2 ** Math.floor(this.#callsMade / CALLS_OF_A_TURN / WINDOW);
    this.#callsMade += 1;
    const call: SegmentsCall = {
      segments,
      turnMs,
      ...(left === undefined ? {} : { left: { draft: left.draft, counts: left.counts } }),
      ...(outcomes === undefined ? {} : { outcomes }),
      ...(this.#timeoutMs === undefined ? {} : { timeoutMs: this.#timeoutMs }),
      ...more,
    };
    const items = segments.reduce((sum, segment) => sum + itemsIn(segment, this.#plan.items), 0) - endedIn(left?.counts ?? NO_ITEMS);
    this.#shares.set(activityId, { percent: (100 * items) / this.#plan.items, label: labelOf(segments, this.#plan.items) });
    this.#noteMemo();
    try {
      const options = { ...this.#options, batch: { ...this.#plan, segments: [] } };
      const step = { type: chunkType(this.#type), input: call, options, place: { activityId }, hasPriority: this.#orders.hasPriority };
      const { output } = await runStep(step);
      return output as SegmentsResult;
    } finally {
      this.#shares.delete(activityId);
      this.#noteMemo();
    }
  }

  #take({ counts, left, rest = [], isStopped }: SegmentsResult): void {
    this.#counts = sumOf(this.#counts, counts);
    if (isStopped === true) this.#stop();
    const isHeld = left !== undefined && (left.dueMs !== undefined || left.suspects.length > 0);
    if (isHeld) void this.#hold(left);
    if (left !== undefined && !isHeld) this.#waiting.unshift({ segments: [left.segment, ...rest], left });
    else if (rest.length > 0) this.#waiting.unshift({ segments: rest });
  }

  /** Waits until a segment has something to do again: one of its items is due, or those that had calls of their own have ended. */
  async #hold(left: SegmentLeft): Promise<void> {
    const scope = new CancellationScope();
    this.#holds.add(scope);
    const [end] = await Promise.allSettled([scope.run(async () => await this.#heldUntil(left))]);
    this.#holds.delete(scope);
    const outcomes = end.status === 'fulfilled' ? end.value : [];
    this.#waiting.unshift({ segments: [left.segment], left, ...(outcomes.length === 0 ? {} : { outcomes }) });
    this.#wake();
  }

  async #heldUntil({ suspects, dueMs = 0 }: SegmentLeft): Promise<readonly Outcome[]> {
    if (suspects.length > 0) return await Promise.all(suspects.map(async (suspect) => await this.#callOne(suspect)));
    await sleep(Math.max(1, dueMs - Date.now()));
    return [];
  }

  async #callOne({ item, input, state }: Suspect): Promise<Outcome> {
    const { batch: _batch, ...options } = this.#options;
    const own = {
      ...options,
      ...(this.#timeoutMs === undefined ? {} : { timeoutMs: this.#timeoutMs }),
      carried: item,
      before: { state: stateOfNewCall(state), dueMs: 0 },
    };
    return await endOfCall(item, runStep({ type: this.#type, input, options: own, place: { activityId: String(item) } }), state);
  }

  /** Of segments that were begun, and have not ended when the batch does, the results are written all the same. */
  async #close(): Promise<void> {
    const begun = this.#waiting.filter(({ left, isCut }) => left !== undefined || isCut === true);
    if (begun.length === 0 || this.#failure !== undefined) return;
    const waiting: Waiting = {
      segments: begun.flatMap(({ segments }) => segments),
      left: { segment: 0, draft: 0, counts: begun.reduce((sum, { left }) => sumOf(sum, left?.counts ?? NO_ITEMS), NO_ITEMS), suspects: [] },
      outcomes: begun.flatMap(({ outcomes = [] }) => outcomes),
    };
    const { counts } = await CancellationScope.nonCancellable(async () => await this.#runSegments(waiting, { isClosing: true }));
    this.#counts = sumOf(this.#counts, counts);
  }

  #percent(): number {
    return this.#plan.items === 0 ? 100 : (100 * endedIn(this.#counts)) / this.#plan.items;
  }

  /** One event for all changes of a workflow task. */
  #noteMemo(): void {
    if (this.#isMemoDue) return;
    this.#isMemoDue = true;
    void Promise.resolve().then(() => {
      if (this.#isMemoDue) this.#writeMemo();
    });
  }

  #writeMemo(): void {
    this.#isMemoDue = false;
    const steps: StepsMemo = { percent: this.#percent(), running: Object.fromEntries(this.#shares) };
    upsertMemo({ [STEPS_MEMO_KEY]: steps, [BATCH_MEMO_KEY]: this.#counts });
  }
}

/** Of so many in all, the part of one place. */
function lanesOf(slot: number, window: number, concurrency: number): number | undefined {
  if (!Number.isFinite(concurrency)) return undefined;
  return Math.floor(concurrency / window) + (slot < concurrency % window ? 1 : 0);
}

function labelOf(segments: readonly number[], items: number): string {
  const [first = 0] = segments;
  const last = segments.at(-1) ?? first;
  return `items ${first * SEGMENT_ITEMS}–${last * SEGMENT_ITEMS + itemsIn(last, items) - 1}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
