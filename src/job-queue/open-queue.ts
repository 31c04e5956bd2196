/**
 * Owns what a `JobQueue` has while it is open: the server, the connection, the workers, and the calls that need them.
 * Which processors there are, the events and the state (new, open, closed) are the `JobQueue`'s.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobClient } from '../client.ts';
import { JobError } from '../contract/errors.ts';
import { checkJobId } from '../contract/options.ts';
import { checkPayload, MAX_STORED_BYTES } from '../contract/payload.ts';
import { isTerminal, type JobSnapshot } from '../contract/snapshot.ts';
import { connectTemporal, type Temporal } from '../temporal/connection.ts';
import { describeJob } from '../temporal/describe.ts';
import { countByStatus } from '../temporal/read-jobs.ts';
import { SharedReads } from '../temporal/shared-reads.ts';
import { listJobs } from '../temporal/visibility.ts';
import { removeEnded } from './clean-up.ts';
import { IndexLag } from './index-lag.ts';
import { JobEnds } from './job-ends.ts';
import { addOptionsOf, checkMs, type JobOptions } from './job-options.ts';
import { Job } from './job.ts';
import { openServer, type QueueServer, type ServerSearch } from './queue-server.ts';
import { QueueWorker, type QueueWorkerParts } from './queue-worker.ts';
import { anyJob } from './run-processor.ts';
import { addedAtOf, jobOfSnapshot } from './stored-job.ts';

/** How many jobs of the queue are in which state. */
export interface QueueStats {
  /** Ready to run, or between two attempts. */
  waiting: number;
  /** Being processed, or being stopped after a cancel. */
  active: number;
  /** Added with a delay that is not over. */
  delayed: number;
  completed: number;
  failed: number;
  cancelled: number;
}

export interface OpenQueueParts extends ServerSearch, Omit<QueueWorkerParts, 'server'> {
  /** True while somebody listens to the end of jobs. */
  readonly isListenedTo: () => boolean;
  readonly onEnd: (job: Job) => void;
}

/** A worker that is up carries a cancel of a waiting job out within this time. */
const CANCELLED_SOON_MS = 500;
const CANCELLED_WITHIN_MS = 10_000;

export class OpenQueue {
  readonly worker: QueueWorker;
  readonly ends: JobEnds;
  readonly #parts: OpenQueueParts;
  readonly #queueServer: QueueServer;
  readonly #temporal: Temporal;
  readonly #client: JobClient;
  readonly #lag: IndexLag;
  readonly #stats = new SharedReads<QueueStats>(() => 0);

  private constructor(parts: OpenQueueParts, queueServer: QueueServer, temporal: Temporal) {
    this.#parts = parts;
    this.#queueServer = queueServer;
    this.#temporal = temporal;
    this.#client = JobClient.over(temporal);
    this.#lag = new IndexLag(async (ids) => (await listJobs(temporal, { ids }, { size: ids.length })).jobs);
    this.worker = new QueueWorker({ ...parts, server: queueServer.server });
    this.ends = new JobEnds({
      client: this.#client,
      read: (id) => this.#readWhole(id),
      isWanted: parts.isListenedTo,
      onEnd: (id) => this.#lag.ended(id),
      onRead: (snapshot) => parts.onEnd(jobOfSnapshot(snapshot)),
    });
  }

  /** @throws JobError what `openServer` throws; `unavailable` */
  static async open(parts: OpenQueueParts): Promise<OpenQueue> {
    const queueServer = await openServer(parts);
    try {
      return new OpenQueue(parts, queueServer, await connectTemporal(queueServer.server));
    } catch (error) {
      await queueServer.close();
      throw error;
    }
  }

  async add<T>(type: string, data: T, options: JobOptions | undefined): Promise<Job<T>> {
    const addOptions = addOptionsOf(options);
    const contract = anyJob(type, this.#parts.queue);
    const wire = checkPayload(data, `data of "${type}"`, { ...this.#temporal.values.rule, isExact: true });
    const { id } = await this.#client.add(contract, wire, addOptions);
    this.#lag.added(id);
    const job = new Job<T>(type, wire as T, { maxAttempts: addOptions.maxAttempts });
    job.id = id;
    job.createdAt = addedAtOf(id) ?? job.createdAt;
    return job;
  }

  /** The job, when it is one of this queue. */
  async read(id: string): Promise<JobSnapshot | undefined> {
    const snapshot = await this.#readWhole(checkJobId(id));
    if (snapshot?.queue !== this.#parts.queue) return undefined;
    if (isTerminal(snapshot.status)) this.#lag.ended(id);
    return snapshot;
  }

  /** With data and result of any size: who uses this API knows no references. */
  async #readWhole(id: string): Promise<JobSnapshot | undefined> {
    const snapshot = await this.#client.get(id);
    const { values } = this.#temporal;
    return (
      snapshot && {
        ...snapshot,
        input: await values.show(snapshot.input, MAX_STORED_BYTES),
        ...('output' in snapshot ? { output: await values.show(snapshot.output, MAX_STORED_BYTES) } : {}),
      }
    );
  }

  /** Cancels the job. Waits until it is cancelled if nobody runs it, else its processor is told and may take its time. */
  async cancel(id: string): Promise<void> {
    const snapshot = await this.read(id);
    if (snapshot === undefined)
      throw new JobError('not-found', `No job of the queue "${this.#parts.queue}" has the id "${id}".`, { details: { id } });
    if (isTerminal(snapshot.status)) return;
    await this.#client.cancel(id, 'cancelled by cancelJob');
    this.#lag.changed();
    // Whoever runs it, here or elsewhere, sees it end.
    if (snapshot.status === 'processing' || snapshot.status === 'cancelling') return;
    const ended = this.ends.expect(id);
    await Promise.race([ended, sleep(CANCELLED_SOON_MS)]);
    const job = await describeJob(this.#temporal, id);
    // No worker has taken the cancel up: none may be there at all, so this process does it.
    if (job?.hasWorkflowTask === true) await this.worker.moveJobsOn();
    if (job?.close === 'open') await Promise.race([ended, sleep(CANCELLED_WITHIN_MS, undefined, { ref: false })]);
  }

  /** An attempt of the job starts in this process. */
  attemptStarted(id: string): void {
    this.ends.restarted(id);
    this.#lag.changed();
  }

  /** All who ask while a count is under way share it, unless something happened since it was begun. */
  async stats(): Promise<QueueStats> {
    return await this.#stats.read('', () => this.#readStats(), this.#lag.changes);
  }

  async #readStats(): Promise<QueueStats> {
    await this.#lag.caughtUp();
    const counts = await countByStatus(this.#temporal, { queue: this.#parts.queue });
    return {
      waiting: counts.queued + counts.retrying,
      active: counts.processing + counts.cancelling,
      delayed: counts.delayed,
      completed: counts.completed,
      failed: counts.failed,
      cancelled: counts.cancelled,
    };
  }

  async cleanUp(olderThanMs: number): Promise<void> {
    const endedBefore = Date.now() - checkMs(olderThanMs, 'the age of jobs to clean up');
    await this.#lag.caughtUp();
    const { removed, left } = await removeEnded(this.#temporal, { queue: this.#parts.queue, endedBefore });
    for (const id of removed) this.#lag.removed(id);
    if (left > 0) this.#parts.log.warn('cleanup: the server has not removed all jobs yet', { removed: removed.length, left });
  }

  /** Ends everything that this process owns; jobs that wait stay on the server. */
  async close(): Promise<void> {
    await this.worker.drain(this.ends);
    this.ends.stop();
    await this.#temporal.close();
    await this.#queueServer.close();
  }
}
