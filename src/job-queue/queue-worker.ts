/**
 * Owns the workers of one queue object. The worker of the processors starts with the first processor. A second one, without
 * handlers, only moves jobs on: it carries out a cancel while this process has no processor, and it closes the jobs
 * whose processors end while the first worker drains and takes no more work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HandlerLimit } from '../activities/handler-limit.ts';
import type { HandlerRegistry } from '../activities/handler-registry.ts';
import { messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';
import type { TemporalServer } from '../temporal/connection.ts';
import { type JobWorker, startWorker, type WorkerParts } from '../worker.ts';
import type { JobEnds } from './job-ends.ts';

export interface QueueWorkerParts {
  readonly queue: string;
  readonly concurrency: number;
  readonly registry: HandlerRegistry;
  readonly server: TemporalServer;
  readonly log: Log;
}

interface Running {
  readonly worker: JobWorker;
  readonly ended: Promise<void>;
}

/** At close, running processors may go on for this long; then their signal fires. */
const DRAIN_MS = 10_000;
/** For the server to close the jobs whose processors have ended. */
const CLOSE_JOBS_MS = 5000;

export class QueueWorker {
  readonly #parts: WorkerParts;
  readonly #limit: HandlerLimit;
  #handlers: Promise<Running> | undefined;
  #mover: Promise<Running> | undefined;

  constructor({ queue, concurrency, registry, server, log }: QueueWorkerParts) {
    this.#limit = new HandlerLimit(concurrency);
    const limits = new Map([[queue, this.#limit]]);
    this.#parts = { registry, limits, server, log, workflows: undefined, shutdownGraceMs: DRAIN_MS, signals: [] };
  }

  /** Starts the worker of the processors, unless it runs. */
  async start(): Promise<void> {
    this.#handlers ??= this.#run(this.#parts).catch((error: unknown) => {
      this.#handlers = undefined;
      throw error;
    });
    await this.#handlers;
  }

  /** Starts the worker that moves jobs on, unless it runs. */
  async moveJobsOn(): Promise<void> {
    const limits = new Map([...this.#parts.limits.keys()].map((queue) => [queue, new HandlerLimit(1)] as const));
    this.#mover ??= this.#run({ ...this.#parts, limits, isWithoutHandlers: true }).catch((error: unknown) => {
      this.#mover = undefined;
      throw error;
    });
    await this.#mover;
  }

  /** Takes no more jobs, waits for the processors and for the end of their jobs, and stops both workers. */
  async drain(ends: JobEnds): Promise<void> {
    const handlers = await this.#handlers?.catch(() => undefined);
    if (handlers !== undefined) {
      handlers.worker.shutdown();
      const isBusy = this.#limit.running > 0 || !ends.areOver;
      await Promise.all([handlers.ended, isBusy ? this.#tryToMoveOn() : undefined]);
      if (!ends.areOver) await this.#tryToMoveOn();
      await Promise.race([ends.allOver(), sleep(CLOSE_JOBS_MS, undefined, { ref: false })]);
    }
    const mover = await this.#mover?.catch(() => undefined);
    mover?.worker.shutdown();
    await mover?.ended;
  }

  async #tryToMoveOn(): Promise<void> {
    await this.moveJobsOn().catch((error: unknown) =>
      this.#parts.log.warn('jobs are not closed before the end', { error: messageOf(error) }),
    );
  }

  async #run(parts: WorkerParts): Promise<Running> {
    const worker = await startWorker(parts);
    const ended = worker.run().catch((error: unknown) => {
      parts.log.error('the worker of this queue has stopped: its processors get no more jobs', { error: messageOf(error) });
    });
    return { worker, ended };
  }
}
