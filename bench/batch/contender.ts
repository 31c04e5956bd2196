/** Owns what this part asks of each contender: a worker process, and a client process that adds all items at once, waits, and reads back. */
import type { Place } from '../contender.ts';

/** Handlers that run at the same time in the worker. */
export const HANDLER_LIMIT = 100;
export const NOOP_OUTPUT = { ok: true };

export interface BatchPlace extends Place {
  /** Where Holdfast keeps the items. */
  readonly payloads: string;
}

export interface BatchClient {
  /** Adds so many items; resolves when all are acknowledged, to what waits until all have completed. */
  add(items: number): Promise<AddedItems>;
}

export interface AddedItems {
  completed(): Promise<void>;
  /** How many completed at their first attempt with the output of the handler, read back. */
  countRight(): Promise<number>;
}

export interface BatchContender {
  /** Resolves when it is ready, to a function that stops it. */
  startWorker(place: BatchPlace): Promise<() => Promise<void>>;
  connect(place: BatchPlace): Promise<BatchClient>;
}

/** What is asked of a client process. Answered with the milliseconds until all were added, until all had completed, and how many are right. */
export interface Request {
  readonly kind: 'batch';
  readonly items: number;
}
export type Role = 'worker' | 'client';
