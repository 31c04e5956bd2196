/**
 * Owns what a batch keeps in the payload store: the inputs of its items, what became of them, and drafts of that. Names and rules are in
 * `contract/batch.ts`.
 */
import { type BatchCounts, countsIn, countsOf, draftName, inputsName, readName, resultsName } from '../contract/batch.ts';
import type { CarriedInput, Outcome } from '../contract/carrier.ts';
import { JobError } from '../contract/errors.ts';
import type { CarriedValues } from './carried-values.ts';
import type { PayloadStore } from './payload-store.ts';

/** The store, which a batch cannot be without. @throws JobError `not-configured` */
export function batchStore({ store }: CarriedValues): PayloadStore {
  if (store !== undefined) return store;
  throw new JobError(
    'not-configured',
    'A batch keeps its items in a payload folder, and this process was given none. Give clients and workers the same one: option payloads, or HOLDFAST_PAYLOADS.',
  );
}

/** Which values of a batch there are, by its segments. */
export interface BatchNames {
  /** Segment → the newest run that has results of it. */
  readonly results: ReadonlyMap<number, number>;
  /** Segment → number of the newest draft of this run. */
  readonly drafts: ReadonlyMap<number, number>;
}

/** One run of a batch. */
export interface BatchRun {
  readonly id: string;
  readonly run: number;
  /** The first run whose results hold. */
  readonly since: number;
}

export class BatchValues {
  readonly #store: PayloadStore;
  readonly #batch: BatchRun;

  constructor(values: CarriedValues, batch: BatchRun) {
    this.#store = batchStore(values);
    this.#batch = batch;
  }

  async names(): Promise<BatchNames> {
    const { id, run, since } = this.#batch;
    const results = new Map<number, number>();
    const drafts = new Map<number, number>();
    for (const name of await this.#store.names(id)) {
      const { kind, numbers } = readName(name) ?? { kind: '', numbers: [] };
      const [ofRun = 0, segment = 0, draft = 0] = numbers;
      if (kind === 'results' && ofRun >= since && ofRun <= run) results.set(segment, Math.max(ofRun, results.get(segment) ?? 0));
      if (kind === 'draft' && ofRun === run) drafts.set(segment, Math.max(draft, drafts.get(segment) ?? 0));
    }
    return { results, drafts };
  }

  /** The inputs of a segment, in order. @throws JobError `payload-missing` */
  async inputs(segment: number): Promise<readonly CarriedInput[]> {
    const name = inputsName(segment);
    const body = await this.#store.getNamed(this.#batch.id, name);
    if (body === undefined)
      throw new JobError('payload-missing', `The inputs of the batch "${this.#batch.id}" are not in the payload folder (${name}).`);
    return JSON.parse(textOf(body)) as readonly CarriedInput[];
  }

  /** What became of the items of a segment in a run, once all have ended. */
  async results(run: number, segment: number): Promise<readonly Outcome[] | undefined> {
    return outcomesIn(await this.#store.getNamed(this.#batch.id, resultsName(run, segment)));
  }

  /** How many of them ended how. */
  async counts(run: number, segment: number): Promise<BatchCounts | undefined> {
    const line = await this.#store.firstLine(this.#batch.id, resultsName(run, segment));
    return line === undefined ? undefined : countsIn(JSON.parse(line));
  }

  /** Keeps the results of a segment of this run; what holds are the first ones. Gives how many of those ended how. */
  async keepResults(segment: number, outcomes: readonly Outcome[]): Promise<BatchCounts> {
    const { id, run } = this.#batch;
    const counts = countsOf(outcomes);
    const isFirst = await this.#store.putNamed(id, resultsName(run, segment), bodyOf(counts, outcomes));
    return isFirst ? counts : ((await this.counts(run, segment)) ?? counts);
  }

  /** What had become of items of a segment at a draft of this run. */
  async draft(segment: number, draft: number): Promise<readonly Outcome[]> {
    const { id, run } = this.#batch;
    return outcomesIn(await this.#store.getNamed(id, draftName(run, segment, draft))) ?? [];
  }

  /** Keeps what has become of items so far. Gives the number of the draft, which is above `last`. */
  async keepDraft(segment: number, last: number, outcomes: readonly Outcome[]): Promise<number> {
    const { id, run } = this.#batch;
    const body = bodyOf(countsOf(outcomes), outcomes);
    // A worker that is taken for dead, and is not, may have made the next one.
    for (let draft = last + 1; ; draft += 1) if (await this.#store.putNamed(id, draftName(run, segment, draft), body)) return draft;
  }

  /** Removes drafts of a segment: those up to a number. */
  async dropDrafts(segment: number, last: number): Promise<void> {
    const { id, run } = this.#batch;
    const names = Array.from({ length: last }, (_none, index) => draftName(run, segment, index + 1));
    if (names.length > 0) await this.#store.delete(id, names);
  }
}

function bodyOf(counts: BatchCounts, outcomes: readonly Outcome[]): Uint8Array {
  return Buffer.from(`${JSON.stringify(counts)}\n${JSON.stringify(outcomes)}`);
}

function outcomesIn(body: Uint8Array | undefined): readonly Outcome[] | undefined {
  if (body === undefined) return undefined;
  const text = textOf(body);
  return JSON.parse(text.slice(text.indexOf('\n') + 1)) as readonly Outcome[];
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}
