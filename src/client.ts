/**
 * Owns what app servers do with jobs: add, get, list, watch, result, cancel. Every answer comes from the Temporal server
 * itself, so that it is the same with no worker up.
 */
import { uuidv7 } from 'uuidv7';
import { type AddOptions, addPlan, checkTags } from './contract/add-options.ts';
import { type ActionNote, actionNote, type PostponeOptions, type RetryByHandOptions } from './contract/actions.ts';
import { type CancelOptions, cancelOptions } from './contract/cancel-options.ts';
import { checkJobName, checkQueueName, type InputOf, type JobContract, type OutputOf } from './contract/define-job.ts';
import { isErrorCode, JobError, unknownJob } from './contract/errors.ts';
import { checkInteger, checkJobId, checkKeys, checkText, invalidOption, show } from './contract/options.ts';
import { type EncodedPayload, encodePayload } from './contract/payload.ts';
import { type Priority, priorityKey } from './contract/priority.ts';
import { type JobSnapshot, type JobStatus, OPEN_STATUSES, TERMINAL_STATUSES } from './contract/snapshot.ts';
import type { JobStatistics } from './contract/statistics/report.ts';
import { dueOf } from './contract/start-time.ts';
import { parseInput, parseOutput } from './contract/validate.ts';
import { findServer, type FindServerOptions } from './find-server.ts';
import { connectTemporal, type Temporal } from './temporal/connection.ts';
import { type CancelOutcome, cancelJob } from './temporal/cancel-job.ts';
import { deleteJob } from './temporal/delete-job.ts';
import { countByStatus, type JobCounts, type JobFilter, type JobList, type JobReading, readJob, readJobs } from './temporal/read-jobs.ts';
import { postpone, retryNow, runNow, setPriority } from './temporal/by-hand.ts';
import { retryJob } from './temporal/retry-job.ts';
import { addOnce } from './temporal/add-once.ts';
import { QueueStates } from './temporal/queues.ts';
import { countsOfAll } from './temporal/shared-counts.ts';
import { startJob } from './temporal/start-job.ts';
import { type StatisticsFilter, StatisticsReader } from './temporal/statistics.ts';
import { waitForResult } from './temporal/wait-for-result.ts';
import { WatchHub, type WatchOptions } from './temporal/watch/watch-hub.ts';

export interface ResultOptions {
  /** Stops the waiting, not the job; `result` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ListOptions extends JobFilter {
  /** Rows of a page, 1–500. @default 50 */
  readonly limit?: number;
  /** `nextPageToken` of the page before. */
  readonly pageToken?: string;
}

/** One job, in the hands of the one who added it. */
export interface JobHandle<C extends JobContract = JobContract> {
  readonly id: string;
  /** True when `add` found a job of this dedupe key, and made none. */
  readonly deduplicated: boolean;
  get(): Promise<JobSnapshot>;
  watch(options?: WatchOptions): AsyncGenerator<JobSnapshot, void, undefined>;
  /** Waits for the end. @throws JobError with the job's own code when it failed, `cancelled` when it was cancelled */
  result(options?: ResultOptions): Promise<OutputOf<C>>;
  cancel(options?: string | CancelOptions): Promise<CancelOutcome>;
  runNow(options?: ActionNote): Promise<void>;
  postpone(options: PostponeOptions): Promise<void>;
  setPriority(priority: Priority | number, options?: ActionNote): Promise<void>;
  retryNow(options?: ActionNote): Promise<void>;
  /** As the client's `retry`; new input is checked by the contract. */
  retry(options?: RetryByHandOptions<InputOf<C>>): Promise<void>;
}

/** Statuses that the server's index knows by itself. */
const HAS_PAGES: readonly JobStatus[] = [...TERMINAL_STATUSES, 'delayed'];
const LIST_OPTION_KEYS = ['status', 'type', 'queue', 'tags', 'limit', 'pageToken'];
const MAX_TOKEN_LENGTH = 10_000;

export class JobClient {
  readonly #temporal: Temporal;
  readonly #reading: JobReading;
  readonly #statistics: StatisticsReader;
  readonly #watches: WatchHub;
  readonly #counts = countsOfAll();
  /** How often this client has changed a job: counts from before the last time are out of date. */
  #changes = 0;

  private constructor(temporal: Temporal) {
    this.#temporal = temporal;
    this.#statistics = new StatisticsReader(temporal);
    this.#reading = { temporal, queues: new QueueStates(temporal), statistics: this.#statistics };
    this.#watches = new WatchHub(this.#reading);
  }

  /**
   * Connects to the server that `options`, the `TEMPORAL_*` variables or `.holdfast/server.json` name, in this order.
   * @throws JobError `no-server`, `unavailable`, `invalid-config`
   * @example const jobs = await JobClient.connect();
   */
  static async connect(options: FindServerOptions = {}): Promise<JobClient> {
    checkKeys(options, ['address', 'namespace', 'env', 'cwd', 'payloads'], 'connect options');
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
    const { values } = this.#temporal;
    const payload = await this.#checkedInput(contract, input);
    const { dedupe } = plan;
    const id = dedupe === undefined ? uuidv7() : `${contract.name}:${dedupe.key}`;
    const job = { id, type: contract.name, input: await values.send(id, payload), plan };
    if (dedupe !== undefined) {
      const { isNew } = await addOnce(this.#temporal, { ...job, value: payload.value }, dedupe);
      this.#noteChange(id);
      return { ...this.job(id, contract), deduplicated: !isNew };
    }
    await startJob(this.#temporal, job);
    this.#noteChange(id);
    return this.job(id, contract);
  }

  /** A handle on a job by its id. Give the contract to have its `result` typed and parsed. Makes no call. */
  job<C extends JobContract = JobContract>(id: string, contract?: C): JobHandle<C> {
    checkJobId(id);
    return {
      id,
      deduplicated: false,
      get: () => this.#existing(id),
      watch: (options) => this.watch(id, options),
      result: async (options) => await outputOf(contract, await this.result(id, options)),
      cancel: (options) => this.cancel(id, options),
      runNow: (options) => this.runNow(id, options),
      postpone: (options) => this.postpone(id, options),
      setPriority: (priority, options) => this.setPriority(id, priority, options),
      retryNow: (options) => this.retryNow(id, options),
      retry: async (options = {}) => {
        if (contract !== undefined && options.input !== undefined) await this.#checkedInput(contract, options.input);
        await this.retry(id, options);
      },
    };
  }

  /** Everything about a job, its input included; undefined when no job has this id. Of values over 10 MB it has the reference. */
  async get(id: string): Promise<JobSnapshot | undefined> {
    return await readJob(this.#reading, checkJobId(id), { input: true });
  }

  /** A page of jobs, newest first. */
  async list(options: ListOptions = {}): Promise<JobList> {
    checkKeys(options, LIST_OPTION_KEYS, 'list options');
    const { limit = 50, pageToken, ...filter } = options;
    checkFilter(filter);
    if (pageToken !== undefined && filter.status !== undefined && !HAS_PAGES.includes(filter.status))
      throw invalidOption('pageToken', `left out with the status "${filter.status}", which has one page`, pageToken);
    if (pageToken !== undefined) checkText(pageToken, 'pageToken', MAX_TOKEN_LENGTH);
    return await readJobs(this.#temporal, filter, { size: checkInteger(limit, 'limit', { min: 1, max: 500 }), token: pageToken });
  }

  /** How many jobs of each status there are. One answer for all who ask this client, some seconds old at most; what it did itself is newer. */
  async count(filter: Pick<JobFilter, 'type' | 'queue'> = {}): Promise<JobCounts> {
    checkKeys(filter, ['type', 'queue'], 'count options');
    checkFilter(filter);
    return await this.#counts.read(JSON.stringify([filter.type, filter.queue]), () => countByStatus(this.#temporal, filter), this.#changes);
  }

  /**
   * What the workers did and how the queues stand: of one type or queue, or of all. All who ask one client within a second
   * share the answer.
   * @throws JobError `invalid-options`, `unavailable`
   * @example const { types, queues, workers } = await jobs.stats({ queue: 'mail' });
   */
  async stats(filter: StatisticsFilter = {}): Promise<JobStatistics> {
    checkKeys(filter, ['type', 'queue'], 'stats options');
    checkFilter(filter);
    return await this.#statistics.report(filter);
  }

  /** The job's snapshot, then one per change; the terminal one is last. @throws JobError `not-found` */
  watch(id: string, options: WatchOptions = {}): AsyncGenerator<JobSnapshot, void, undefined> {
    return this.#watches.watch(checkJobId(id), options);
  }

  /** Waits for the end of a job and gives the handler's value. @throws JobError as `JobHandle.result` does */
  async result(id: string, { signal }: ResultOptions = {}): Promise<unknown> {
    const ended = await waitForResult(this.#temporal, checkJobId(id), signal);
    if ('output' in ended) return await this.#temporal.values.receive(ended.output);
    throw failureOf(await this.#existing(id), ended.failure);
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
    if (from !== undefined && from !== 'checkpoint' && from !== 'start') throw invalidOption('from', '"checkpoint" or "start"', from);
    const rule = { ...this.#temporal.values.rule, isExact: true };
    const payload = input === undefined ? undefined : encodePayload(input, `new input of "${id}"`, rule);
    await retryJob(this.#temporal, checkJobId(id), { input: payload, from, ...note });
    this.#noteChange(id);
  }

  /** Removes a finished job and its record for good, all runs of it. @throws JobError `not-found`; `conflict` while it is open */
  async delete(id: string): Promise<void> {
    const { status } = await this.#existing(id);
    if (OPEN_STATUSES.some((open) => open === status)) {
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

  /** What JSON makes of the input is what the handler will get, so that is what is checked. */
  async #checkedInput<C extends JobContract>(contract: C, input: InputOf<C>): Promise<EncodedPayload> {
    const payload = encodePayload(input, `input of "${contract.name}"`, {
      // The body of a job with steps works with its input, and cannot look into the store.
      ...(contract.steps ? {} : this.#temporal.values.rule),
      isExact: true,
    });
    await parseInput(contract, payload.value);
    return payload;
  }

  #noteChange(id: string): void {
    this.#changes += 1;
    this.#watches.changed(id);
  }

  async #existing(id: string): Promise<JobSnapshot> {
    const snapshot = await this.get(id);
    if (snapshot === undefined) throw unknownJob(id);
    return snapshot;
  }
}

function checkContract(contract: Partial<JobContract> | null | undefined): void {
  const isContract = typeof contract?.name === 'string' && contract.input !== undefined && contract.retry !== undefined;
  if (!isContract) throw new JobError('invalid-contract', `Expected a contract as defineJob gives it, got: ${show(contract)}.`);
}

async function outputOf<C extends JobContract>(contract: C | undefined, output: unknown): Promise<OutputOf<C>> {
  return contract === undefined ? output : await parseOutput(contract, output);
}

function failureOf({ id, type, status, error, attempts, cancelReason }: JobSnapshot, cause: unknown): JobError {
  if (status === 'cancelled')
    return new JobError('cancelled', `The job "${id}" (${type}) was cancelled: ${cancelReason ?? 'no reason given'}.`, {
      cause,
      details: { id },
    });
  const code = error?.code ?? 'internal';
  return new JobError(isErrorCode(code) ? code : 'handler-failed', error?.message, { cause, details: { id, code, attempts } });
}

function checkFilter({ status, type, queue, tags }: JobFilter): void {
  const statuses: readonly JobStatus[] = [...OPEN_STATUSES, ...TERMINAL_STATUSES];
  if (status !== undefined && !statuses.includes(status)) throw invalidOption('status', `one of ${statuses.join(', ')}`, status);
  if (type !== undefined) checkJobName(type);
  if (queue !== undefined) checkQueueName(queue);
  if (tags !== undefined) checkTags(tags);
}
