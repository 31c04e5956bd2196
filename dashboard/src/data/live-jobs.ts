/**
 * Owns what the stream of events says: the newest snapshot of each job that was heard of, and how the connection is. Changes are
 * handed on at most four times a second, not while the page is hidden, and not while the user has paused it.
 */
import { readEvents } from '../../../src/api/read-events.ts';
import { asJobError } from '../../../src/contract/errors.ts';
import { isTerminal, type JobSnapshot } from '../../../src/contract/snapshot.ts';
import { api } from './api.ts';

export type Connection = 'connecting' | 'live' | 'away' | 'refused';

export interface LiveState {
  /** Rises with each change that is shown. */
  readonly version: number;
  readonly connection: Connection;
  /** When it was away first, ms since 1970. */
  readonly awaySince: number | undefined;
  readonly pausedAt: number | undefined;
  /** Changes that wait for the end of the pause. */
  readonly held: number;
}

const PAINT_EVERY_MS = 250;
/** Ended jobs that are remembered; open ones all are. */
const ENDED_KEPT = 1000;

export class LiveJobs {
  readonly #jobs = new Map<string, JobSnapshot>();
  readonly #news = new Map<string, JobSnapshot>();
  readonly #listeners = new Set<() => void>();
  #state: LiveState = { version: 0, connection: 'connecting', awaySince: undefined, pausedAt: undefined, held: 0 };
  #isPainting = false;
  #stop: AbortController | undefined;

  /** Reads on until `stop`. */
  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    document.addEventListener('visibilitychange', this.#schedule);
    void this.#read(this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    document.removeEventListener('visibilitychange', this.#schedule);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): LiveState => this.#state;

  get(id: string): JobSnapshot | undefined {
    return this.#jobs.get(id);
  }

  all(): readonly JobSnapshot[] {
    return [...this.#jobs.values()];
  }

  /** Takes what a call has told, where the stream has not told something newer. */
  learn(jobs: readonly JobSnapshot[]): void {
    for (const job of jobs) if ((this.#jobs.get(job.id)?.version ?? 0) < job.version) this.#news.set(job.id, job);
    this.#schedule();
  }

  setPaused(isPaused: boolean): void {
    this.#set({ pausedAt: isPaused ? Date.now() : undefined });
    this.#schedule();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const place = { url: api.url('watchJobs'), headers: {}, fetch: this.#fetch, signal, hasEnd: false };
    try {
      for await (const { job } of readEvents(place)) {
        this.#news.set(job.id, job);
        this.#schedule();
      }
    } catch (error) {
      this.#set({ connection: asJobError(error)?.code === 'not-authenticated' ? 'refused' : 'away', awaySince: Date.now() });
    }
  }

  /** A new connection is made when the one before is gone. */
  readonly #fetch: typeof fetch = async (input, init) => {
    if (this.#state.connection === 'live') this.#set({ connection: 'away', awaySince: Date.now() });
    try {
      const response = await window.fetch(input, init);
      if (response.ok) this.#set({ connection: 'live', awaySince: undefined });
      return response;
    } catch (error) {
      this.#set({ connection: 'away', awaySince: this.#state.awaySince ?? Date.now() });
      throw error;
    }
  };

  readonly #schedule = (): void => {
    if (this.#state.pausedAt !== undefined) {
      if (this.#news.size !== this.#state.held) this.#set({ held: this.#news.size });
      return;
    }
    if (this.#news.size === 0 || document.hidden) return;
    if (this.#isPainting) return;
    this.#isPainting = true;
    window.setTimeout(this.#show, PAINT_EVERY_MS);
  };

  readonly #show = (): void => {
    this.#isPainting = false;
    for (const [id, job] of this.#news) {
      if ((this.#jobs.get(id)?.version ?? -1) > job.version) continue;
      this.#jobs.delete(id);
      this.#jobs.set(id, job);
    }
    this.#news.clear();
    this.#forget();
    this.#set({ version: this.#state.version + 1, held: 0 });
  };

  #forget(): void {
    const ended = [...this.#jobs.values()].filter(({ status }) => isTerminal(status));
    for (const { id } of ended.slice(0, Math.max(0, ended.length - ENDED_KEPT))) this.#jobs.delete(id);
  }

  #set(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

export const liveJobs = new LiveJobs();
