/**
 * Owns what this part asks of each contender, so that all three do the same: one worker process, one client process, the
 * same no-op job with the same input, the same limit of handlers. How each does it is in the file of its name.
 */
import type { Place } from '../contender.ts';

/** Handlers that run at the same time in the worker, for all contenders. */
export const HANDLER_LIMIT = 100;

/** Input of the no-op job: when it was added, so that the handler can tell how long it took to start. */
export interface NoopInput {
  readonly addedAt: number;
}

/** What the no-op job returns. */
export const NOOP_OUTPUT = { ok: true };

/** The work of the no-op handler: says that it started. */
export type OnStart = (input: NoopInput) => void;

export interface AddedJob {
  /** Resolves when the client knows that the job has completed. */
  completed(): Promise<unknown>;
  /** Reads it back: whether it completed as it should have. */
  isRight?(): Promise<boolean>;
}

export interface ContenderClient {
  /** Resolves when the server has acknowledged the job. */
  add(input: NoopInput): Promise<AddedJob>;
  /** No job's `completed` is asked for any more: drops what only that needs. */
  endWaiting(): Promise<void>;
}

/** Looks at a run from outside its processes, so that looking costs them nothing. */
export interface Observer {
  /** Jobs of the queue that have completed. */
  countCompleted(): Promise<number>;
  close(): Promise<void>;
}

export interface Contender {
  /** In the worker process: serves the queue. Resolves when it is ready, to a function that stops it. */
  startWorker(place: Place, onStart: OnStart): Promise<() => Promise<void>>;
  /** In the client process. */
  connect(place: Place): Promise<ContenderClient>;
  /** In the benchmark's own process. */
  observe(place: Place): Promise<Observer>;
}
