/**
 * Owns how the items of a batch stand, read with no worker needed: from its results and drafts in the payload store, and from the
 * heartbeats of the calls that are under way.
 */
import pLimit from 'p-limit';
import type { BatchItem, ItemList, ItemOptions, ItemStatus } from '../../contract/batch-items.ts';
import { itemsIn, SEGMENT_ITEMS, segmentCount, segmentOf } from '../../contract/batch.ts';
import type { CarriedInput, Outcome, RunningJob } from '../../contract/carrier.ts';
import { JobError, unknownJob } from '../../contract/errors.ts';
import { type BatchNames, BatchValues } from '../../payloads/batch-values.ts';
import type { Temporal } from '../connection.ts';
import { describeJob, type JobDescription, type PendingActivity } from '../describe.ts';
import { isoTime } from '../protocol.ts';

/** Files that are open at the same time. */
const READS_AT_ONCE = 50;
/** A page of items has values up to this size, in bytes of JSON; of a larger one it has the reference. */
const SHOWN_BYTES = 64 * 1024;

/** How the items of one segment stand. */
interface SegmentView {
  readonly outcomes: ReadonlyMap<number, Outcome>;
  readonly running: ReadonlyMap<number, RunningJob & { readonly worker: string | undefined }>;
}

type Asked = Required<Omit<ItemOptions, 'status'>> & Pick<ItemOptions, 'status'>;

/** One look at a batch. */
export class BatchLook {
  readonly #temporal: Temporal;
  readonly #job: JobDescription;
  readonly #values: BatchValues;
  readonly #names: BatchNames;
  readonly items: number;

  private constructor(temporal: Temporal, job: JobDescription, { values, names }: { values: BatchValues; names: BatchNames }) {
    this.#temporal = temporal;
    this.#job = job;
    this.#values = values;
    this.#names = names;
    this.items = job.memo?.batch?.items ?? 0;
  }

  /** @throws JobError `not-found`; `conflict` for a job that is no batch; `not-configured` without a payload folder */
  static async at(temporal: Temporal, id: string): Promise<BatchLook> {
    // In this order: what a call has told when it ended is in the store.
    const job = await describeJob(temporal, id);
    if (job === undefined) throw unknownJob(id);
    const { batch } = job.memo ?? {};
    if (batch === undefined) throw new JobError('conflict', `The job "${id}" is no batch: it has no items.`, { details: { id } });
    const values = new BatchValues(temporal.values, { id, run: job.run, since: batch.since });
    return new BatchLook(temporal, job, { values, names: await values.names() });
  }

  /** A page of items. */
  async page({ status, from, limit }: Asked): Promise<ItemList> {
    const items: BatchItem[] = [];
    for (let { segment } = segmentOf(from); segment < segmentCount(this.items); segment += 1) {
      if (status !== undefined && !(await this.#mayHave(segment, status))) continue;
      const rows = (await this.segment(segment)).filter((item) => item.index >= from && (status === undefined || item.status === status));
      items.push(...rows.slice(0, limit + 1 - items.length));
      if (items.length > limit) break;
    }
    const next = items[limit];
    const shown = await Promise.all(items.slice(0, limit).map(async (item) => await this.#withValues(item)));
    return { items: shown, ...(next === undefined ? {} : { next: next.index }) };
  }

  /** All items of a segment, with the references of large values in their place. */
  async segment(segment: number): Promise<readonly BatchItem[]> {
    const [inputs, view] = await Promise.all([this.#values.inputs(segment), this.#view(segment)]);
    const first = segment * SEGMENT_ITEMS;
    return Array.from({ length: itemsIn(segment, this.items) }, (_none, place) => this.#item(first + place, inputs[place], view));
  }

  /** Segments that a retry has something to do in: those without results, and those with items that were not completed. */
  async unfinished(): Promise<readonly number[]> {
    const segments = Array.from({ length: segmentCount(this.items) }, (_none, segment) => segment);
    const limit = pLimit(READS_AT_ONCE);
    const isUnfinished = await Promise.all(segments.map(async (segment) => await limit(async () => await this.#isUnfinished(segment))));
    return segments.filter((segment) => isUnfinished[segment]);
  }

  async #isUnfinished(segment: number): Promise<boolean> {
    const run = this.#names.results.get(segment);
    const counts = run === undefined ? undefined : await this.#values.counts(run, segment);
    return counts === undefined || counts.completed < itemsIn(segment, this.items);
  }

  /** False when it is known without its items that no item of a segment has the status. */
  async #mayHave(segment: number, status: ItemStatus): Promise<boolean> {
    const run = this.#names.results.get(segment);
    const isBegun = run !== undefined || this.#names.drafts.has(segment) || this.#callOf(segment) !== undefined;
    if (!isBegun) return status === this.#statusOf(undefined, false);
    if (run !== this.#job.run) return true;
    const counts = await this.#values.counts(run, segment);
    if (counts === undefined) return true;
    return status in counts && counts[status as keyof typeof counts] > 0;
  }

  async #view(segment: number): Promise<SegmentView> {
    const run = this.#names.results.get(segment);
    const results = run === undefined ? undefined : await this.#values.results(run, segment);
    const outcomes = new Map((results ?? []).map((outcome) => [outcome.job, outcome]));
    const running: SegmentView['running'] = new Map();
    if (run === this.#job.run) return { outcomes, running };
    // What a run before left of an item is over, unless it was completed.
    if (this.#job.close === 'open') for (const [item, { end }] of outcomes) if (end !== 'completed') outcomes.delete(item);
    return await this.#openView(segment, outcomes);
  }

  /** The call that works through a segment now. */
  #callOf(segment: number): PendingActivity | undefined {
    return this.#job.activities.find(({ state }) => state?.segment?.segment === segment);
  }

  /** Of a segment that has no results of this run. */
  async #openView(segment: number, outcomes: Map<number, Outcome>): Promise<SegmentView> {
    const call = this.#callOf(segment);
    const record = call?.state?.segment;
    const draft = record?.draft ?? this.#names.drafts.get(segment) ?? 0;
    if (draft > 0) for (const outcome of await this.#values.draft(segment, draft)) outcomes.set(outcome.job, outcome);
    for (const outcome of record?.outcomes ?? []) outcomes.set(outcome.job, outcome);
    const isAtWork = call !== undefined && call.phase !== 'scheduled';
    const running = (isAtWork ? (record?.running ?? []) : []).map((one) => [one.job, { ...one, worker: call?.worker }] as const);
    return { outcomes, running: new Map(running) };
  }

  #item(index: number, given: CarriedInput | undefined, { outcomes, running }: SegmentView): BatchItem {
    const outcome = outcomes.get(index);
    const atWork = outcome === undefined || outcome.end === 'again' ? (running.get(index) ?? this.#ownCall(index)) : undefined;
    const state = outcome?.state;
    const failures = state?.failures ?? 0;
    const status = this.#statusOf(outcome, atWork !== undefined);
    const startedMs = atWork?.startedMs ?? outcome?.startedMs;
    const worker = atWork?.worker ?? outcome?.worker;
    const progress = atWork?.progress ?? state?.progress;
    const isAttempted = status === 'completed' || atWork !== undefined;
    return {
      index,
      status,
      ...(given !== undefined && 'input' in given ? { input: given.input } : {}),
      ...(outcome?.end === 'completed' && 'output' in outcome ? { output: outcome.output } : {}),
      ...(status === 'failed' ? { error: outcome?.end === 'failed' ? outcome.error : ENDED_FROM_OUTSIDE } : {}),
      attempt: isAttempted ? failures + 1 : failures,
      attempts: state?.records ?? [],
      progress: status === 'completed' ? { ...progress, percent: 100 } : (progress ?? null),
      ...(startedMs === undefined ? {} : { startedAt: isoTime(startedMs) }),
      ...(outcome === undefined || outcome.end === 'again' ? {} : { endedAt: isoTime(outcome.endedMs) }),
      ...(status === 'retrying' && outcome?.end === 'again' ? { dueAt: isoTime(outcome.dueMs) } : {}),
      ...(worker === undefined ? {} : { worker }),
    };
  }

  /** An item whose worker died twice has a call of its own. */
  #ownCall(index: number): (Omit<RunningJob, 'job'> & { readonly worker: string | undefined }) | undefined {
    const call = this.#job.activities.find(({ id, phase }) => id === String(index) && phase !== 'scheduled');
    if (call === undefined) return undefined;
    const { startedMs = 0, worker, state } = call;
    return { startedMs, worker, ...(state?.progress === undefined ? {} : { progress: state.progress }) };
  }

  #statusOf(outcome: Outcome | undefined, isAtWork: boolean): ItemStatus {
    if (outcome !== undefined && outcome.end !== 'again') return outcome.end;
    const { close } = this.#job;
    if (close !== 'open') return close === 'terminated' || close === 'timed-out' ? 'failed' : 'cancelled';
    if (isAtWork) return 'processing';
    return outcome?.end === 'again' && outcome.dueMs > Date.now() ? 'retrying' : 'queued';
  }

  async #withValues(item: BatchItem): Promise<BatchItem> {
    const { values } = this.#temporal;
    return {
      ...item,
      ...('input' in item ? { input: await values.show(item.input, SHOWN_BYTES) } : {}),
      ...('output' in item ? { output: await values.show(item.output, SHOWN_BYTES) } : {}),
    };
  }
}

const ENDED_FROM_OUTSIDE = { code: 'terminated', message: 'The batch was ended from outside before the item had ended.' } as const;

/**
 * What became of all items that have ended, in order, with their outputs.
 * @throws JobError `not-found`, `conflict`, `payload-missing`
 */
export async function* batchResults(temporal: Temporal, id: string): AsyncGenerator<BatchItem, void, undefined> {
  const look = await BatchLook.at(temporal, id);
  for (let segment = 0; segment < segmentCount(look.items); segment += 1) {
    for (const item of await look.segment(segment)) {
      if (item.endedAt === undefined) continue;
      const { input: _input, ...result } = item;
      yield 'output' in result ? { ...result, output: await temporal.values.receive(result.output) } : result;
    }
  }
}
