/**
 * Owns the looks at one job for all who watch it: one read at a time, however many they are.
 *
 * 1. It looks only while somebody waits. Who is busy with a snapshot gets the newest one next, so nothing piles up.
 * 2. Its versions rise, whatever the server says.
 */
import { addressOf } from '../../contract/carrier.ts';
import { JobError, messageOf, unknownJob } from '../../contract/errors.ts';
import { isTerminal, type JobSnapshot } from '../../contract/snapshot.ts';
import { waitingFor } from '../../contract/waiting-for.ts';
import { answeredWithin } from '../connection.ts';
import { type JobReading, readJob } from '../read-jobs.ts';
import type { EndPolls } from './end-polls.ts';
import { FASTEST_MS, restAfterFailure, restMs } from './pace.ts';

/** With the rest before it, a watcher is told within 5 s that there is no answer. */
const LOOK_WITHIN_MS = 3500;

interface Waiter {
  readonly seen: JobSnapshot | undefined;
  readonly tell: (snapshot: JobSnapshot | undefined) => void;
  readonly fail: (error: unknown) => void;
}

export class JobPoller {
  readonly #id: string;
  readonly #reading: JobReading;
  readonly #ends: EndPolls;
  readonly #waiters = new Set<Waiter>();
  #last: JobSnapshot | undefined;
  #shown = '';
  #changedMs = 0;
  /** When the newest look began. */
  #lookedMs = 0;
  #isLookWanted = false;
  #failingSinceMs: number | undefined;
  #isPolling = false;
  #isLooking = false;
  #wake: () => void = () => undefined;

  constructor(id: string, reading: JobReading, ends: EndPolls) {
    this.#id = id;
    this.#reading = reading;
    this.#ends = ends;
  }

  get isIdle(): boolean {
    return this.#waiters.size === 0 && !this.#isPolling;
  }

  /** The job as it is now, once that is another snapshot than `seen`; undefined when `signal` fires first. */
  next(seen: JobSnapshot | undefined, signal: AbortSignal | undefined): Promise<JobSnapshot | undefined> {
    return new Promise((resolve, reject) => {
      const stop = (): void => waiter.tell(undefined);
      const leave = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', stop);
      };
      const waiter: Waiter = {
        seen,
        tell: (snapshot) => {
          leave();
          resolve(snapshot);
        },
        fail: (error) => {
          leave();
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- handed on as it came
          reject(error);
        },
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#waiters.add(waiter);
      if (Date.now() - this.#lookedMs >= FASTEST_MS) this.lookNow();
      else if (!this.#isLooking) this.#handOut();
      if (!this.#isPolling && this.#waiters.size > 0) void this.#poll();
    });
  }

  /** Looks at once, if somebody waits; else when the next one comes. */
  lookNow(): void {
    this.#isLookWanted = true;
    this.#wake();
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    const stop = new AbortController();
    void this.#ends.ended(addressOf(this.#id).workflowId, stop.signal).then((hasEnded) => hasEnded && this.lookNow());
    try {
      while (this.#waiters.size > 0) {
        const rest = await this.#look();
        this.#handOut();
        await this.#rest(rest);
      }
    } catch (error) {
      for (const waiter of this.#waiters) waiter.fail(error);
    } finally {
      this.#isPolling = false;
      stop.abort();
    }
  }

  /** Looks once; gives how long to rest. @throws JobError what asking again does not help, such as `not-found` */
  async #look(): Promise<number> {
    const startedMs = Date.now();
    this.#lookedMs = startedMs;
    this.#isLookWanted = false;
    this.#isLooking = true;
    try {
      const snapshot = await this.#read();
      if (snapshot === undefined) throw unknownJob(this.#id);
      this.#failingSinceMs = undefined;
      this.#note(snapshot);
      return restMs(snapshot, Date.now() - this.#changedMs, Date.now());
    } catch (error) {
      if (!(error instanceof JobError && error.retryable)) throw error;
      this.#failingSinceMs ??= startedMs;
      if (error.code === 'unavailable') this.#noteUnreachable(error, this.#failingSinceMs);
      return restAfterFailure(Date.now() - this.#failingSinceMs);
    } finally {
      this.#isLooking = false;
    }
  }

  /** The job. It takes several calls, one after the other; a server that goes away between them is noticed as soon. */
  async #read(): Promise<JobSnapshot | undefined> {
    const { address } = this.#reading.temporal.server;
    const read = readJob(this.#reading, this.#id, { input: false });
    return await answeredWithin(LOOK_WITHIN_MS, read, { what: `read job "${this.#id}"`, address });
  }

  #noteUnreachable(error: JobError, sinceMs: number): void {
    if (this.#last === undefined) return;
    const since = new Date(sinceMs).toISOString();
    this.#note({ ...this.#last, waitingFor: waitingFor({ code: 'unreachable', since, error: messageOf(error.cause ?? error) }) });
  }

  #note(snapshot: JobSnapshot): void {
    const shown = shownOf(snapshot);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#changedMs = Date.now();
    this.#last = { ...snapshot, version: Math.max(snapshot.version, (this.#last?.version ?? 0) + 1) };
  }

  #handOut(): void {
    const last = this.#last;
    if (last === undefined) return;
    for (const waiter of this.#waiters) if (isNews(last, waiter.seen)) waiter.tell(last);
  }

  #rest(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#wake = wake;
      // Somebody has done something to the job while the look was under way.
      if (this.#isLookWanted) wake();
    });
  }
}

/** A watcher that had a snapshot from another poller of the job may have seen a higher version of the same. */
function isNews(snapshot: JobSnapshot, seen: JobSnapshot | undefined): boolean {
  if (seen === undefined) return true;
  if (isTerminal(snapshot.status)) return true;
  return snapshot.version > seen.version && shownOf(snapshot) !== shownOf(seen);
}

/** What is news when it changes. An estimate changes as time goes by. */
export function shownOf(snapshot: JobSnapshot): string {
  return JSON.stringify({ ...snapshot, version: 0, eta: null });
}
