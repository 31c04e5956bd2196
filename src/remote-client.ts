/**
 * Owns what `JobClient` does, over HTTP: for programs that reach a Holdfast server and no Temporal. What is added is checked before it
 * is sent, by the same rules, so that errors are the same ones. A call whose answer was lost is repeated where that is safe.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient, type ApiClientOptions, type CallOptions, type CallRequest } from './api/api-client.ts';
import { readEvents } from './api/read-events.ts';
import { linesBody, readLines } from './api/read-lines.ts';
import type { RouteAnswer, RouteName } from './api/routes.ts';
import type { EventOptions, JobEvent, Jobs } from './client.ts';
import {
  checkContract,
  checkCountOptions,
  checkedInput,
  checkEventFilter,
  checkRetryFrom,
  checkStatsOptions,
  type ListOptions,
  listOptions,
} from './client/checks.ts';
import { type BatchHandle, batchHandle } from './client/batch-handle.ts';
import { type AddBatchOptions, batchPlan, type Inputs, ofItem } from './client/batch-plan.ts';
import { failureOf } from './client/failure.ts';
import { existing, type JobHandle, jobHandle, type ResultOptions } from './client/job-handle.ts';
import { type ActionNote, actionNote, type PostponeOptions, type RetryByHandOptions } from './contract/actions.ts';
import { addEach } from './client/add-many.ts';
import { type AddOptions, addPlan } from './contract/add-options.ts';
import { type BatchItem, type ItemList, type ItemOptions, itemOptions } from './contract/batch-items.ts';
import { type CancelOptions, cancelOptions } from './contract/cancel-options.ts';
import type { InputOf, JobContract } from './contract/define-job.ts';
import { asJobError } from './contract/errors.ts';
import { checkJobId } from './contract/options.ts';
import { encodePayload, MAX_STORED_BYTES } from './contract/payload.ts';
import { type Priority, priorityOf } from './contract/priority.ts';
import { isTerminal, type JobSnapshot } from './contract/snapshot.ts';
import type { ServerFacts } from './contract/server-facts.ts';
import type { JobStatistics } from './contract/statistics/report.ts';
import { dueOf, type Instant } from './contract/start-time.ts';
import type { CancelOutcome } from './temporal/cancel-job.ts';
import type { JobCounts, JobFilter, JobList } from './temporal/read-jobs.ts';
import type { StatisticsFilter } from './temporal/statistics.ts';
import type { WatchOptions } from './temporal/watch/watch-hub.ts';

/** Seconds of one wait for a result; then it is asked for again. */
const WAIT_SECONDS = 25;
const MS_PER_SECOND = 1000;
/** Requests of one call of `addMany`. */
const ADDS_AT_ONCE = 100;
/** Times in a row that the server may say that Temporal does not answer, while a result is waited for. */
const MOST_FAILURES = 10;
const REST_MS = 1000;
/** Of the items of a batch, and of their results. */
const LONGEST_UPLOAD_MS = 24 * 3_600_000;
const UNAVAILABLE = 503;

export class RemoteJobs implements Jobs {
  readonly #api: ApiClient;
  readonly #closed = new AbortController();

  /** @example const jobs = new RemoteJobs({ url: 'https://jobs.example', key: process.env.HOLDFAST_KEY }); */
  constructor(options: ApiClientOptions) {
    this.#api = new ApiClient(options);
  }

  async add<C extends JobContract>(contract: C, input: InputOf<C>, options: AddOptions = {}): Promise<JobHandle<C>> {
    checkContract(contract);
    // Says what is wrong as the client beside Temporal does.
    addPlan(contract, options);
    const { value } = await checkedInput(contract, input);
    const { idempotencyKey, runAt, ...sent } = options;
    const body = { type: contract.name, input: value, options: { ...sent, ...(runAt === undefined ? {} : { runAt: textOf(runAt) }) } };
    // A dedupe key makes repeats harmless by itself. A job with a key would not share its workflow: its add is not repeated.
    const isShared = contract.group && idempotencyKey === undefined && options.dedupeKey === undefined;
    if (isShared) return this.job((await this.#call('addJob', { body })).id, contract);
    const key = idempotencyKey ?? (options.dedupeKey === undefined ? randomUUID() : undefined);
    const { id, deduplicated } = await this.#repeated('addJob', { body }, { idempotencyKey: key });
    return { ...this.job(id, contract), deduplicated };
  }

  async addMany<C extends JobContract>(
    contract: C,
    inputs: Inputs<InputOf<C>>,
    options?: AddOptions,
  ): Promise<PromiseSettledResult<JobHandle<C>>[]> {
    return await addEach({ inputs, options }, async (input) => await this.add(contract, input, options), ADDS_AT_ONCE);
  }

  async addBatch<C extends JobContract>(contract: C, inputs: Inputs<InputOf<C>>, options: AddBatchOptions = {}): Promise<BatchHandle> {
    checkContract(contract);
    // Says what is wrong as the client beside Temporal does.
    batchPlan(contract, options);
    const { name, concurrency, onItemFailure, runAt, ...sent } = options;
    const query = {
      type: contract.name,
      ...(name === undefined ? {} : { name }),
      ...(concurrency === undefined ? {} : { concurrency: String(concurrency) }),
      ...(onItemFailure === undefined ? {} : { onItemFailure }),
      options: JSON.stringify({ ...sent, ...(runAt === undefined ? {} : { runAt: textOf(runAt) }) }),
    };
    let failure: unknown;
    const lines = linesBody(jsonOf(contract, inputs), (error) => (failure = error));
    try {
      const { id } = await this.#call('addBatch', { query }, { lines, waitMs: LONGEST_UPLOAD_MS });
      return this.batch(id);
    } catch (error) {
      // What stopped the sending says more than that it was stopped.
      throw failure ?? error;
    }
  }

  batch(id: string): BatchHandle {
    return batchHandle(this, id);
  }

  async items(id: string, options?: ItemOptions): Promise<ItemList> {
    const { from, limit, ...status } = itemOptions(options);
    return await this.#call('listItems', {
      params: { id: checkJobId(id) },
      query: { ...status, from: String(from), limit: String(limit) },
    });
  }

  async *results(id: string): AsyncGenerator<BatchItem, void, undefined> {
    const options = { signal: this.#closed.signal, waitMs: LONGEST_UPLOAD_MS };
    const response = await this.#api.open('readResults', { params: { id: checkJobId(id) } }, options);
    for await (const item of readLines(response, 'readResults')) yield item as BatchItem;
  }

  job<C extends JobContract = JobContract>(id: string, contract?: C): JobHandle<C> {
    return jobHandle(this, id, contract);
  }

  async get(id: string): Promise<JobSnapshot | undefined> {
    try {
      return await this.#call('getJob', { params: { id: checkJobId(id) } });
    } catch (error) {
      if (asJobError(error)?.code === 'not-found') return undefined;
      throw error;
    }
  }

  async list(options: ListOptions = {}): Promise<JobList> {
    const { filter, size, token } = listOptions(options);
    return await this.#call('listJobs', {
      query: { ...queryOf(filter), limit: String(size), ...(token === undefined ? {} : { pageToken: token }) },
    });
  }

  async count(filter: Omit<JobFilter, 'status'> = {}): Promise<JobCounts> {
    checkCountOptions(filter);
    return await this.#call('countJobs', { query: queryOf(filter) });
  }

  async stats(filter: StatisticsFilter = {}): Promise<JobStatistics> {
    checkStatsOptions(filter);
    return await this.#call('getStatistics', { query: filter });
  }

  async server(): Promise<ServerFacts> {
    return await this.#call('getServer', {});
  }

  async *watch(id: string, { signal }: WatchOptions = {}): AsyncGenerator<JobSnapshot, void, undefined> {
    const url = this.#api.url('watchJob', { params: { id: checkJobId(id) } });
    for await (const { job } of readEvents({ ...this.#source(signal), url, hasEnd: true })) yield job;
  }

  async *events(filter: JobFilter = {}, { signal, after }: EventOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    checkEventFilter(filter);
    const url = this.#api.url('watchJobs', { query: queryOf(filter) });
    yield* readEvents({ ...this.#source(signal), url, after, hasEnd: false });
  }

  async result(id: string, { signal }: ResultOptions = {}): Promise<unknown> {
    checkJobId(id);
    for (let failures = 0; ;) {
      signal?.throwIfAborted();
      try {
        const request = { params: { id }, query: { wait: String(WAIT_SECONDS) } };
        const { status, output } = await this.#call('getResult', request, { signal, waitMs: WAIT_SECONDS * MS_PER_SECOND });
        if (status === 'completed') return output;
        if (isTerminal(status)) break;
        failures = 0;
      } catch (error) {
        failures += 1;
        // The server is there and says that it cannot tell now: that passes.
        if (asJobError(error)?.details?.['httpStatus'] !== UNAVAILABLE || failures > MOST_FAILURES) throw error;
        await sleep(REST_MS);
      }
    }
    throw failureOf(await existing(this, id));
  }

  async cancel(id: string, options?: string | CancelOptions): Promise<CancelOutcome> {
    const { outcome } = await this.#call('cancelJob', { params: { id: checkJobId(id) }, body: cancelOptions(options) });
    return outcome;
  }

  async runNow(id: string, options: ActionNote = {}): Promise<void> {
    await this.#call('runJobNow', { params: { id: checkJobId(id) }, body: actionNote(options, 'runNow') });
  }

  async postpone(id: string, options: PostponeOptions): Promise<void> {
    const note = actionNote(options, 'postpone', ['until', 'delay']);
    const until = new Date(dueOf(options, Date.now())).toISOString();
    await this.#call('postponeJob', { params: { id: checkJobId(id) }, body: { ...note, until } });
  }

  async setPriority(id: string, priority: Priority | number, options: ActionNote = {}): Promise<void> {
    const note = actionNote(options, 'setPriority');
    await this.#call('setJobPriority', { params: { id: checkJobId(id) }, body: { ...note, priority: priorityOf(priority) } });
  }

  async retryNow(id: string, options: ActionNote = {}): Promise<void> {
    await this.#call('retryJobNow', { params: { id: checkJobId(id) }, body: actionNote(options, 'retryNow') });
  }

  async retry(id: string, options: RetryByHandOptions = {}): Promise<void> {
    const note = actionNote(options, 'retry', ['input', 'from']);
    const from = checkRetryFrom(options.from);
    const rule = { limitBytes: MAX_STORED_BYTES, isExact: true };
    const input = options.input === undefined ? {} : { input: encodePayload(options.input, `new input of "${id}"`, rule).value };
    const body = { ...note, ...(from === undefined ? {} : { from }), ...input };
    await this.#call('retryJob', { params: { id: checkJobId(id) }, body });
  }

  async delete(id: string): Promise<void> {
    await this.#call('deleteJob', { params: { id: checkJobId(id) } });
  }

  /** Ends what still waits. Jobs go on. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.resolve();
  }

  async #call<K extends RouteName>(name: K, request: CallRequest<K>, options: CallOptions = {}): Promise<RouteAnswer<K>> {
    return await this.#api.call(name, request, { ...options, signal: this.#until(options.signal) });
  }

  /** Once more when the answer was lost: it is the same request to the server. */
  async #repeated<K extends RouteName>(name: K, request: CallRequest<K>, options: CallOptions): Promise<RouteAnswer<K>> {
    try {
      return await this.#call(name, request, options);
    } catch (error) {
      const { code, details } = asJobError(error) ?? {};
      // An answer that came was none that was lost.
      if (code !== 'unavailable' || details?.['httpStatus'] !== undefined) throw error;
      return await this.#call(name, request, options);
    }
  }

  #source(signal: AbortSignal | undefined) {
    return { headers: this.#api.headers(), fetch: this.#api.fetch, signal: this.#until(signal) };
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }
}

/** The inputs as they are sent, checked as those of single jobs are. */
async function* jsonOf<C extends JobContract>(contract: C, inputs: Inputs<InputOf<C>>): AsyncGenerator<string, void, undefined> {
  let item = 0;
  for await (const input of inputs) {
    try {
      yield (await checkedInput(contract, input)).json ?? 'null';
    } catch (error) {
      throw ofItem(item, error);
    }
    item += 1;
  }
}

function queryOf({ tags, addedAfter, addedBefore, batch, ...filter }: JobFilter) {
  return {
    ...filter,
    ...(batch === undefined ? {} : { batch: 'true' as const }),
    ...(tags === undefined ? {} : { tag: [...tags] }),
    ...(addedAfter === undefined ? {} : { addedAfter: textOf(addedAfter) }),
    ...(addedBefore === undefined ? {} : { addedBefore: textOf(addedBefore) }),
  };
}

function textOf(instant: Instant): string {
  return instant instanceof Date ? instant.toISOString() : instant;
}
