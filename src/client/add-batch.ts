/** Owns the adding of a batch: its inputs are checked and written while they are still being read, then its one workflow is started. */
import { uuidv7 } from 'uuidv7';
import { inputsName, MAX_ITEM_INPUT_BYTES, MAX_ITEMS, SEGMENT_ITEMS } from '../contract/batch.ts';
import type { InputOf, JobContract } from '../contract/define-job.ts';
import { asJobError, JobError } from '../contract/errors.ts';
import { tenantPrefix } from '../contract/tenant.ts';
import { batchStore } from '../payloads/batch-values.ts';
import type { PayloadStore } from '../payloads/payload-store.ts';
import type { Temporal } from '../temporal/connection.ts';
import { startOnce } from '../temporal/start-once.ts';
import { type AddBatchOptions, batchPlan, type Inputs, ofItem } from './batch-plan.ts';
import { checkedInput } from './checks.ts';

/** Segments that are written at the same time. */
const WRITES_AT_ONCE = 2;
/** What is not of a job yet is swept after an hour. */
const REFRESH_MS = 20 * 60_000;

/** Adds a batch. Resolves with its id when all of it is stored. What goes wrong before that leaves nothing behind. */
export async function addBatch<C extends JobContract>(
  temporal: Temporal,
  contract: C,
  { inputs, options }: { readonly inputs: Inputs<InputOf<C>>; readonly options: AddBatchOptions | undefined },
): Promise<string> {
  const { batch, plan } = batchPlan(contract, options);
  const store = batchStore(temporal.values);
  const id = `${plan.tenant === undefined ? '' : tenantPrefix(plan.tenant)}${uuidv7()}`;
  const refreshing = setInterval(() => void store.refresh(id).catch(() => undefined), REFRESH_MS);
  refreshing.unref();
  try {
    const items = await new Writer(temporal, contract, id).write(inputs);
    const { name, ...run } = batch;
    await startOnce(temporal, {
      id,
      type: contract.name,
      input: { items },
      plan: { ...plan, runOptions: { ...plan.runOptions, batch: { ...run, items, run: 1, since: 1 } } },
      memo: { batch: { items, since: 1, ...(name === undefined ? {} : { name }) } },
    });
    return id;
  } catch (error) {
    // Of a start whose outcome is not known the items may be needed.
    if (asJobError(error)?.details?.['outcome'] !== 'unknown') await store.delete(id).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(refreshing);
  }
}

/** Writes segments of inputs. */
class Writer<C extends JobContract> {
  readonly #temporal: Temporal;
  readonly #contract: C;
  readonly #id: string;
  readonly #store: PayloadStore;
  readonly #writing = new Set<Promise<unknown>>();
  #items = 0;
  #segment: string[] = [];

  constructor(temporal: Temporal, contract: C, id: string) {
    this.#temporal = temporal;
    this.#contract = contract;
    this.#id = id;
    this.#store = batchStore(temporal.values);
  }

  /** How many they were. */
  async write(inputs: Inputs<InputOf<C>>): Promise<number> {
    try {
      for await (const input of inputs) await this.#add(input);
      if (this.#segment.length > 0) await this.#flush();
      await Promise.all(this.#writing);
    } finally {
      await Promise.allSettled(this.#writing);
    }
    return this.#items;
  }

  async #add(input: InputOf<C>): Promise<void> {
    if (this.#items >= MAX_ITEMS)
      throw new JobError('invalid-input', `A batch has at most ${MAX_ITEMS} items. Add several.`, { details: { limit: MAX_ITEMS } });
    this.#segment.push(await this.#encoded(input));
    this.#items += 1;
    if (this.#segment.length === SEGMENT_ITEMS) await this.#flush();
  }

  async #encoded(input: InputOf<C>): Promise<string> {
    const { values } = this.#temporal;
    try {
      const payload = await checkedInput(this.#contract, input, values.rule);
      if (payload.json === undefined) return '{}';
      if (payload.json.length <= MAX_ITEM_INPUT_BYTES) return `{"input":${payload.json}}`;
      return JSON.stringify({ input: await values.within(MAX_ITEM_INPUT_BYTES).send(this.#id, payload) });
    } catch (error) {
      throw ofItem(this.#items, error);
    }
  }

  async #flush(): Promise<void> {
    const body = Buffer.from(`[${this.#segment.join(',')}]`);
    const name = inputsName(Math.ceil(this.#items / SEGMENT_ITEMS) - 1);
    this.#segment = [];
    const write = this.#store.putNamed(this.#id, name, body);
    this.#writing.add(write);
    void write.then(
      () => this.#writing.delete(write),
      () => undefined,
    );
    if (this.#writing.size >= WRITES_AT_ONCE) await Promise.race(this.#writing);
  }
}
