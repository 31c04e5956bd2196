/**
 * Owns what app servers do with jobs: add, get, list, watch, result, cancel. Every answer comes from the Temporal server
 * itself, so that it is the same with no worker up.
 */
import {
  checkContract,
  checkCountOptions,
  checkEventFilter,
  checkedInput,
  checkRetryFrom,
  checkStatsOptions,
  type ListOptions,
  listOptions,
} from './client/checks.ts';
import { addBatch } from './client/add-batch.ts';
import { addEach } from './client/add-many.ts';
import { type BatchHandle, batchHandle } from './client/batch-handle.ts';
import type { AddBatchOptions, Inputs } from './client/batch-plan.ts';
import { failureOf } from './client/failure.ts';
import { idOf, mayShare } from './client/job-ids.ts';
import { existing, type JobHandle, jobHandle, type ResultOptions } from './client/job-handle.ts';
import { type AddOptions, type AddPlan, addPlan } from './contract/add-options.ts';
import { type ActionNote, actionNote, type PostponeOptions, type RetryByHandOptions } from './contract/actions.ts';
import { type BatchItem, type ItemList, type ItemOptions, itemOptions } from './contract/batch-items.ts';
import { type CancelOptions, cancelOptions } from './contract/cancel-options.ts';
import type { InputOf, JobContract } from './contract/define-job.ts';
import { JobError } from './contract/errors.ts';
import { checkJobId, checkKeys } from './contract/options.ts';
import { type EncodedPayload, encodePayload } from './contract/payload.ts';
import { type Priority, priorityKey } from './contract/priority.ts';
import { isTerminal, type JobSnapshot } from './contract/snapshot.ts';
import type { ServerFacts } from './contract/server-facts.ts';
import type { JobStatistics } from './contract/statistics/report.ts';
import { dueOf } from './contract/start-time.ts';
import type { JobEvent } from './temporal/feed/feed-events.ts';
import type { EventOptions } from './temporal/feed/job-feed.ts';
import { JobFeeds } from './temporal/feed/job-feeds.ts';
import { FIND_SERVER_KEYS, findServer, type FindServerOptions } from './find-server.ts';
import { BatchLook, batchResults } from './temporal/batches/batch-reads.ts';
import { connectTemporal, type Temporal } from './temporal/connection.ts';
import { type CancelOutcome, cancelJob } from './temporal/cancel-job.ts';
import { deleteJob } from './temporal/delete-job.ts';
import { countByStatus, type JobCounts, type JobFilter, type JobList, type JobReading, readJob, readJobs } from './temporal/read-jobs.ts';
import { postpone, retryNow, runNow, setPriority } from './temporal/by-hand.ts';
import { retryJob } from './temporal/retry-job.ts';
import { addIdempotent } from './temporal/add-idempotent.ts';
import { GroupAdds } from './temporal/carried/group-adds.ts';
import { addOnce, type KeyedJob } from './temporal/add-once.ts';
import { inputHash } from './temporal/input-hash.ts';
import { QueueStates } from './temporal/queues.ts';
import { countsOfAll } from './temporal/shared-counts.ts';
import { serverFacts } from './temporal/server-facts.ts';
import { startJob } from './temporal/start-job.ts';
import { type StatisticsFilter, StatisticsReader } from './temporal/statistics.ts';
import { waitForResult } from './temporal/wait-for-result.ts';
import { WatchHub, type WatchOptions } from './temporal/watch/watch-hub.ts';

export type { AddBatchOptions, BatchHandle, EventOptions, JobEvent, JobHandle, ListOptions, ResultOptions };

/** Of one call. The server is asked by 100 of them at a time, where they do not share workflows. */
const ADDS_AT_ONCE = 1000;

export class JobClient {
  readonly #temporal: Temporal;
  readonly #reading: JobReading;
  readonly #statistics: StatisticsReader;
  readonly #watches: WatchHub;
  readonly #feeds: JobFeeds;
  readonly #groups: GroupAdds;
  readonly #counts = countsOfAll();
  /** How often this client has changed a job: counts from before the last time are out of date. */
  #changes = 0;

  private constructor(temporal: Temporal) {
    this.#temporal = temporal;
    this.#statistics = new StatisticsReader(temporal);
    this.#reading = { temporal, queues: new QueueStates(temporal), statistics: this.#statistics };
    this.#watches = new WatchHub(this.#reading);
    this.#groups = new GroupAdds(temporal);
    this.#feeds = new JobFeeds(this.#reading);
  }

  /**
   * Connects to the server that `options`, the `TEMPORAL_*` variables or `.holdfast/server.json` name, in this order.
   * @throws JobError `no-server`, `unavailable`, `invalid-config`
   * @example const jobs = await JobClient.connect();
   */
  static async connect(options: FindServerOptions = {}): Promise<JobClient> {
    checkKeys(options, FIND_SERVER_KEYS, 'connect options');
    return new JobClient(await connectTemporal(await findServer(options)));
  }

  /** A client over a connection that the caller owns and closes. */
  static over(temporal: Temporal): JobClient {
    return new JobClient(temporal);
  }

  /**
   * Adds a job. Resolves when the server has stored it: from then on it is not lost.
   * @throws JobError `invalid-input`, `invalid-options`, `payload-too-large`, `duplicate`, `unavailable`, `overloaded`
   * @example const job = await jobs.add(sendEmail, { to: 'a@b.example', subject: 'Hi' }, { delay: '5s' });
   */
  async add<C extends JobContract>(contract: C, input: InputOf<C>, options?: AddOptions): Promise<JobHandle<C>> {
    checkContract(contract);
    const plan = addPlan(contract, options);
    const payload = await checkedInput(contract, input, this.#temporal.values.rule);
    if (contract.group && mayShare(plan, payload)) return this.job(await this.#addGrouped(contract, plan, payload), contract);
    const id = idOf(contract, plan);
    const job = { id, type: contract.name, input: await this.#temporal.values.send(id, payload), plan };
    const { isNew } = await this.#addPlanned({ ...job, value: payload.value }, options);
    this.#noteChange(id);
    return { ...this.job(id, contract), deduplicated: !isNew };
  }

  /**
   * Adds a job for each input, 1 000 at a time; those of a type with `group` share workflows. Resolves with what became of each, in the
   * order of the inputs: one that is refused does not keep the others from being added.
   * @throws JobError `invalid-options` for a dedupe or idempotency key, which is of one job; what reading the inputs throws
   * @example const added = await jobs.addMany(indexDocument, documents.map(({ id }) => ({ id })));
   */
  async addMany<C extends JobContract>(
    contract: C,
    inputs: Inputs<InputOf<C>>,
    options?: AddOptions,
  ): Promise<PromiseSettledResult<JobHandle<C>>[]> {
    return await addEach({ inputs, options }, async (input) => await this.add(contract, input, options), ADDS_AT_ONCE);
  }

  /**
   * Adds a batch: one job whose items are calls of the contract's handler, up to a million of them. Inputs are checked and stored while
   * they are read; resolves when all are and the batch has begun. Needs a payload folder, the same for clients and workers.
   * @throws JobError `invalid-input` (which item is in `details.item`), `invalid-options`, `invalid-contract`, `not-configured`,
   *   `unavailable`; what reading the inputs throws. Nothing is left behind then.
   * @example const batch = await jobs.addBatch(indexDocument, documents(), { name: 'all documents', concurrency: 20 });
   */
  async addBatch<C extends JobContract>(contract: C, inputs: Inputs<InputOf<C>>, options?: AddBatchOptions): Promise<BatchHandle> {
    checkContract(contract);
    const id = await addBatch(this.#temporal, contract, { inputs, options });
    this.#noteChange(id);
    return this.batch(id);
  }

  /** A handle on a batch by its id. Makes no call. */
  batch(id: string): BatchHandle {
    return batchHandle(this, id);
  }

  /** A page of the items of a batch, in order. @throws JobError `not-found`, `conflict` for a job that is no batch, `not-configured` */
  async items(id: string, options?: ItemOptions): Promise<ItemList> {
    const asked = itemOptions(options);
    return await (await BatchLook.at(this.#temporal, checkJobId(id))).page(asked);
  }

  /** What became of the items of a batch that have ended, in order, without their inputs. @throws JobError as `items` does; `payload-missing` */
  results(id: string): AsyncGenerator<BatchItem, void, undefined> {
    return batchResults(this.#temporal, checkJobId(id));
  }

  async #addGrouped(contract: JobContract, plan: AddPlan, { value, json = '' }: EncodedPayload): Promise<string> {
    const add = { type: contract.name, input: value, plan, bytes: Buffer.byteLength(json), newId: () => idOf(contract, plan) };
    const id = await this.#groups.add(add);
    this.#noteChange(id);
    return id;
  }

  async #addPlanned(job: KeyedJob, options: AddOptions = {}): Promise<{ readonly isNew: boolean }> {
    const { type, value, plan } = job;
    if (plan.dedupe !== undefined) return await addOnce(this.#temporal, job, plan.dedupe);
    if (plan.idempotencyKey !== undefined)
      return await addIdempotent(this.#temporal, job, inputHash({ type, value, options: { ...options, idempotencyKey: undefined } }));
    await startJob(this.#temporal, job);
    return { isNew: true };
  }

  /** A handle on a job by its id. Give the contract to have its `result` typed and parsed. Makes no call. */
  job<C extends JobContract = JobContract>(id: string, contract?: C): JobHandle<C> {
    return jobHandle(this, id, contract);
  }

  /** Everything about a job, its input included; undefined when no job has this id. Of values over 10 MB it has the reference. */
  async get(id: string): Promise<JobSnapshot | undefined> {
    return await readJob(this.#reading, checkJobId(id), { input: true });
  }

  /** A page of jobs, newest first. */
  async list(options: ListOptions = {}): Promise<JobList> {
    const { filter, size, token } = listOptions(options);
    return await readJobs(this.#temporal, filter, { size, token });
  }

  /** How many jobs of each status there are. One answer for all who ask this client, some seconds old at most; what it did itself is newer. */
  async count(filter: Omit<JobFilter, 'status'> = {}): Promise<JobCounts> {
    checkCountOptions(filter);
    return await this.#counts.read(JSON.stringify(filter), () => countByStatus(this.#temporal, filter), this.#changes);
  }

  /**
   * What the workers did and how the queues stand: of one type or queue, or of all. All who ask one client within a second
   * share the answer.
   * @throws JobError `invalid-options`, `unavailable`
   * @example const { types, queues, workers } = await jobs.stats({ queue: 'mail' });
   */
  async stats(filter: StatisticsFilter = {}): Promise<JobStatistics> {
    checkStatsOptions(filter);
    return await this.#statistics.report(filter);
  }

  /** Which servers this client talks to, how long they keep jobs, what they take. @throws JobError `unavailable` */
  async server(): Promise<ServerFacts> {
    return await serverFacts(this.#temporal);
  }

  /** The job's snapshot, then one per change; the terminal one is last. @throws JobError `not-found` */
  watch(id: string, options: WatchOptions = {}): AsyncGenerator<JobSnapshot, void, undefined> {
    return this.#watches.watch(checkJobId(id), options);
  }

  /**
   * What changes about all jobs that match, as it changes: first the open ones as they are. Progress between two looks is one
   * event; every end is told. All who read with one filter share the looks.
   * @throws JobError `invalid-options`; `overloaded` for a reader that is too slow
   * @example for await (const { job } of jobs.events({ queue: 'mail' })) console.log(job.id, job.status);
   */
  events(filter: JobFilter = {}, options: EventOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    checkEventFilter(filter);
    return this.#feeds.events(filter, options);
  }

  /** Waits for the end of a job and gives the handler's value. @throws JobError as `JobHandle.result` does */
  async result(id: string, { signal }: ResultOptions = {}): Promise<unknown> {
    const ended = await waitForResult(this.#temporal, checkJobId(id), signal);
    if ('output' in ended) return await this.#temporal.values.receive(ended.output);
    throw failureOf(await existing(this, id), ended.failure);
  }

  /**
   * Asks a job to stop: its handler's signal fires, its clean-up runs. With no worker up it is recorded and carried out
   * when one comes. Twice is harmless.
   * @param options why and who, kept in the job's record; a bare text is the reason
   * @throws JobError `not-found`, `invalid-options`
   * @example await jobs.cancel(id, { reason: 'customer left', actor: 'support' });
   */
  async cancel(id: string, options?: string | CancelOptions): Promise<CancelOutcome> {
    const outcome = await cancelJob(this.#temporal, checkJobId(id), cancelOptions(options));
    this.#noteChange(id);
    return outcome;
  }

  /**
   * Starts a delayed job now.
   * @throws JobError `not-found`; `conflict` when it is not delayed
   * @example await jobs.runNow(id, { actor: 'support', reason: 'customer waits' });
   */
  async runNow(id: string, options: ActionNote = {}): Promise<void> {
    await runNow(this.#temporal, checkJobId(id), actionNote(options, 'runNow'));
    this.#noteChange(id);
  }

  /**
   * Gives a delayed job another time to start at, a later or an earlier one. Its deadline stays.
   * @throws JobError `not-found`; `invalid-options`, also for a time after the deadline; `conflict` when it is not delayed
   * @example await jobs.postpone(id, { until: '2026-12-24T18:00:00Z' });
   */
  async postpone(id: string, options: PostponeOptions): Promise<void> {
    const note = actionNote(options, 'postpone', ['until', 'delay']);
    await postpone(this.#temporal, checkJobId(id), { dueMs: dueOf(options, Date.now()), ...note });
    this.#noteChange(id);
  }

  /**
   * Moves a job that is delayed or waits for a worker in the order of its queue.
   * @throws JobError `not-found`, `invalid-options`; `conflict` when its handler was started before
   */
  async setPriority(id: string, priority: Priority | number, options: ActionNote = {}): Promise<void> {
    const note = actionNote(options, 'setPriority');
    await setPriority(this.#temporal, checkJobId(id), { priorityKey: priorityKey(priority), ...note });
    this.#noteChange(id);
  }

  /** Starts the next attempt of a job that waits for it. @throws JobError `not-found`; `conflict` when it is not retrying */
  async retryNow(id: string, options: ActionNote = {}): Promise<void> {
    await retryNow(this.#temporal, checkJobId(id), actionNote(options, 'retryNow'));
    this.#noteChange(id);
  }

  /**
   * Makes a new run of a job that has failed or was cancelled: same id, type, queue, tags and options, all its attempts.
   * New input is checked by JSON's rules here, and by the contract when the handler gets it.
   * @throws JobError `not-found`, `invalid-options`; `conflict` in another status
   * @example await jobs.retry(id, { from: 'start', reason: 'mended in 4.2' });
   */
  async retry(id: string, options: RetryByHandOptions = {}): Promise<void> {
    const note = actionNote(options, 'retry', ['input', 'from']);
    const { input, from } = options;
    checkRetryFrom(from);
    const rule = { ...this.#temporal.values.rule, isExact: true };
    const payload = input === undefined ? undefined : encodePayload(input, `new input of "${id}"`, rule);
    await retryJob(this.#temporal, checkJobId(id), { input: payload, from, ...note });
    this.#noteChange(id);
  }

  /** Removes a finished job and its record for good, all runs of it. @throws JobError `not-found`; `conflict` while it is open */
  async delete(id: string): Promise<void> {
    const { status } = await existing(this, id);
    if (!isTerminal(status)) {
      throw new JobError('conflict', `The job "${id}" is ${status}; only a finished job can be deleted. Cancel it first.`, {
        details: { id, status },
      });
    }
    await deleteJob(this.#temporal, id);
    this.#noteChange(id);
    await this.#temporal.values.store?.delete(id);
  }

  /** Ends the connection, unless the caller of `over` owns it. Jobs go on. */
  async close(): Promise<void> {
    await this.#temporal.close();
  }

  #noteChange(id: string): void {
    this.#changes += 1;
    this.#watches.changed(id);
  }
}

/** What can be done with jobs, wherever the calls go: to a cluster or, over HTTP, to a Holdfast server. */
export type Jobs = Pick<JobClient, keyof JobClient>;
