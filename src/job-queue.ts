/**
 * Owns `JobQueue`: add and process jobs in one object, with the API of the queue that Holdfast replaces. It keeps the
 * processors, the events and the state; what is there while it is open is `job-queue/open-queue.ts`.
 *
 * 1. Nothing happens before `initialize`: importing `jobQueue` connects to nothing and reads no variable.
 * 2. An event tells what the server knows already, and comes once, from the process that ran or cancelled the job.
 */
import { EventEmitter } from 'node:events';
import { HandlerRegistry } from './activities/handler-registry.ts';
import { loadConfig, processEnvironment } from './config.ts';
import { checkQueueName, DEFAULT_QUEUE } from './contract/define-job.ts';
import { JobError, messageOf } from './contract/errors.ts';
import { checkConcurrency, checkKeys, checkText, invalidOption } from './contract/options.ts';
import { analyseRepositories } from './jobs/analyse-repositories.ts';
import type { JobOptions } from './job-queue/job-options.ts';
import type { JobProcessor } from './job-queue/job-processor.ts';
import type { Job, JobStatus } from './job-queue/job.ts';
import { OpenQueue, type QueueStats } from './job-queue/open-queue.ts';
import type { TemporalOptions } from './job-queue/queue-server.ts';
import { processorJob, type ProcessorHost } from './job-queue/run-processor.ts';
import { closeAtSignals } from './job-queue/stop-signals.ts';
import { jobOfSnapshot, statusOfSnapshot } from './job-queue/stored-job.ts';
import { jsonLog, type Log } from './log.ts';

export { JobCancelled } from './job-queue/bound-job.ts';
export type { JobOptions } from './job-queue/job-options.ts';
export { BaseJobProcessor, type JobProcessor } from './job-queue/job-processor.ts';
export { Job, type JobData, JobStatus } from './job-queue/job.ts';
export type { QueueStats } from './job-queue/open-queue.ts';
export type { TemporalOptions } from './job-queue/queue-server.ts';

export interface JobQueueOptions {
  /** Its jobs are kept apart from those of other queues. @default 'jobs' */
  readonly queue?: string | undefined;
  /** Processors that run at the same time in this process. 1–10 000. @default 5 */
  readonly concurrency?: number | undefined;
  /** A Temporal server that somebody runs. @default `TEMPORAL_*` variables or profile, else the embedded server */
  readonly temporal?: TemporalOptions | undefined;
  /** Data folder of the embedded server. @default `HOLDFAST_DATA_DIR`, else `.holdfast` in or above the working directory */
  readonly dataDir?: string | undefined;
  /** @default JSON lines on standard error */
  readonly log?: Log | undefined;
}

/** The events of a queue, each with the job as it is then. */
export interface JobQueueEvents {
  /** The job has its result. */
  completed: [job: Job];
  /** The job has failed for good, after its last attempt. */
  failed: [job: Job];
  /** A processor has set the progress. */
  progress: [job: Job];
  /** The job is cancelled: it does not run any more. */
  cancelled: [job: Job];
}

const OPTION_KEYS = ['queue', 'concurrency', 'temporal', 'dataDir', 'log'];
const MAX_PATH_LENGTH = 4096;
/** Types that run a workflow that comes with the package: a processor of that name would never be called. */
const SHIPPED_TYPES: readonly string[] = [analyseRepositories.name];

/**
 * A queue of durable jobs and their processors.
 * @throws JobError `invalid-options`
 * @example
 * const queue = new JobQueue({ queue: 'mail', concurrency: 20 });
 * await queue.initialize();
 * queue.registerProcessor('send-email', { process: async (job) => await send(job.data) });
 * const job = await queue.addJob('send-email', { to: 'a@b.example' });
 */
export class JobQueue extends EventEmitter<JobQueueEvents> {
  readonly #options: CheckedOptions;
  readonly #registry = new HandlerRegistry();
  readonly #host: ProcessorHost;
  #log: Log | undefined;
  #opening: Promise<OpenQueue> | undefined;
  #open: OpenQueue | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;
  #ignoreSignals: () => void = () => undefined;

  constructor(options: JobQueueOptions = {}) {
    super();
    this.#options = checkedOptions(options);
    this.#host = this.#processorHost();
  }

  /**
   * Connects to the server and starts the processors that are registered. The server is the one that `temporal`, the
   * `TEMPORAL_*` variables or the profile name; else the embedded one is started or attached to. Twice is harmless;
   * after `close` it opens the queue again.
   * @throws JobError `unavailable`, `invalid-config`, `binary-missing`, `data-folder-unusable`, `server-failed`
   */
  async initialize(): Promise<void> {
    await this.#closing;
    this.#opening ??= this.#openQueue().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
  }

  /**
   * Gives the jobs of a type to `processor`, in the place of an earlier one. Before or after `initialize`. Jobs of a type
   * without a processor wait.
   * @throws JobError `invalid-contract` for an unusable type, `invalid-options`, `conflict` for a type of the package's own
   */
  registerProcessor(jobType: string, processor: JobProcessor): void {
    if (typeof processor?.process !== 'function')
      throw invalidOption(`the processor of "${jobType}"`, 'an object with a method process(job)', processor);
    if (SHIPPED_TYPES.includes(jobType))
      throw new JobError('conflict', `The job type "${jobType}" comes with Holdfast and has steps of its own. Give yours another name.`);
    this.#registry.replace(processorJob(jobType, processor, this.#host));
    this.#open?.worker
      .start()
      .catch((error: unknown) => this.#logger.error('the processors of this queue could not be started', { error: messageOf(error) }));
  }

  /**
   * Adds a job. Resolves when the server has stored it: from then on it is not lost.
   * @returns a snapshot; ask `getJob` for how it goes on
   * @throws JobError `invalid-options`, `invalid-input` (not JSON), `invalid-contract`, `payload-too-large`, `unavailable`
   */
  async addJob<T>(jobType: string, data: T, options?: JobOptions): Promise<Job<T>> {
    return await this.#ready().add(jobType, data, options);
  }

  /** A snapshot of the job, or null when this queue has none of this id. */
  async getJob(jobId: string): Promise<Job | null> {
    const snapshot = await this.#ready().read(jobId);
    return snapshot === undefined ? null : jobOfSnapshot(snapshot);
  }

  /** The job's status, or null when this queue has none of this id. */
  async getJobStatus(jobId: string): Promise<JobStatus | null> {
    const snapshot = await this.#ready().read(jobId);
    return snapshot === undefined ? null : statusOfSnapshot(snapshot);
  }

  /**
   * Cancels a job. One that waits is cancelled when this resolves. A processor is told by its signal and by its next
   * `updateProgress`; one that does not end within 5 s is given up. A job that has ended stays as it is.
   * @throws JobError `not-found`
   */
  async cancelJob(jobId: string): Promise<void> {
    await this.#ready().cancel(jobId);
  }

  /** How many jobs of this queue there are; what this object did or saw before is in it. */
  async getStats(): Promise<QueueStats> {
    return await this.#ready().stats();
  }

  /**
   * Removes the jobs of this queue that ended more than `olderThanMs` milliseconds ago, and waits until they are gone, at
   * most a minute. On the embedded server that takes about 4 s.
   */
  async cleanup(olderThanMs: number): Promise<void> {
    await this.#ready().cleanUp(olderThanMs);
  }

  /**
   * Takes no more jobs, lets running processors end (at most 10 s, then their jobs run again later), and lets go of the
   * server: one that this process started ends. Jobs that wait are kept. Twice is harmless.
   */
  close(): Promise<void> {
    this.#closing ??= this.#closeQueue().finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  async #openQueue(): Promise<OpenQueue> {
    const open = await OpenQueue.open({
      ...this.#options,
      env: processEnvironment(),
      log: this.#logger,
      registry: this.#registry,
      isListenedTo: () => (['completed', 'failed', 'cancelled'] as const).some((event) => this.listenerCount(event) > 0),
      onEnd: (job) => this.#announceEnd(job),
    });
    try {
      if (this.#registry.handledTypes.length > 0) await open.worker.start();
    } catch (error) {
      await open.close();
      throw error;
    }
    this.#open = open;
    this.#isClosed = false;
    this.#ignoreSignals = closeAtSignals(() => this.close());
    return open;
  }

  async #closeQueue(): Promise<void> {
    const open = await this.#opening?.catch(() => undefined);
    if (open === undefined) return;
    try {
      await open.close();
    } finally {
      this.#ignoreSignals();
      this.#open = undefined;
      this.#opening = undefined;
      this.#isClosed = true;
    }
  }

  #ready(): OpenQueue {
    if (this.#open !== undefined) return this.#open;
    throw new JobError(
      'no-server',
      this.#isClosed
        ? 'The job queue is closed. Call initialize() to open it again.'
        : 'The job queue is not connected yet. Call and await initialize() first.',
    );
  }

  get #logger(): Log {
    this.#log ??= this.#options.log ?? jsonLog(loadConfig(processEnvironment()).logLevel);
    return this.#log;
  }

  #processorHost(): ProcessorHost {
    const getLog = (): Log => this.#logger;
    return {
      queue: this.#options.queue,
      get log() {
        return getLog();
      },
      attemptStarted: (id) => this.#open?.attemptStarted(id),
      progressed: (job) => this.#tell('progress', job),
      jobEnding: (id) => void this.#open?.ends.expect(id),
    };
  }

  #announceEnd(job: Job): void {
    if (job.status === 'completed' || job.status === 'failed' || job.status === 'cancelled') this.#tell(job.status, job);
  }

  /** A listener that throws must not harm the job or the queue. */
  #tell(event: keyof JobQueueEvents, job: Job): void {
    try {
      this.emit(event, job);
    } catch (error) {
      this.#logger.warn(`a listener of "${event}" failed`, { job: job.id, error: messageOf(error) });
    }
  }
}

interface CheckedOptions {
  readonly queue: string;
  readonly concurrency: number;
  readonly temporal: TemporalOptions;
  readonly dataDir: string | undefined;
  readonly log: Log | undefined;
}

function checkedOptions(options: JobQueueOptions): CheckedOptions {
  checkKeys(options, OPTION_KEYS, 'job queue options');
  const { queue = DEFAULT_QUEUE, concurrency, temporal = {}, dataDir, log } = options;
  checkKeys(temporal, ['address', 'namespace'], 'temporal options');
  if (temporal.address !== undefined) checkText(temporal.address, 'temporal.address', MAX_PATH_LENGTH);
  if (temporal.namespace !== undefined) checkText(temporal.namespace, 'temporal.namespace', MAX_PATH_LENGTH);
  if (dataDir !== undefined) checkText(dataDir, 'dataDir', MAX_PATH_LENGTH);
  return {
    queue: checkQueueName(queue),
    concurrency: checkConcurrency(concurrency),
    temporal,
    dataDir,
    log,
  };
}

/** The queue of the process, with every option at its default. */
export const jobQueue: JobQueue = new JobQueue();
