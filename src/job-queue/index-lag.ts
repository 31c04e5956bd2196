/**
 * Owns the wait for the server's index, which lags some 50 ms behind: what this queue object did or saw just before a
 * count must be in the count. It asks the index for just those jobs, so the wait is no longer than the lag.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobInfo } from '../temporal/describe.ts';

/** What the index shows of the jobs with these ids; those it does not know are left out. */
export type IndexLook = (ids: readonly string[]) => Promise<readonly Pick<JobInfo, 'id' | 'close'>[]>;

interface Change {
  readonly at: number;
  readonly hasEnded: boolean;
}

/** Older changes are taken to be in the index. */
const OLDEST_MS = 5000;
const GIVE_UP_MS = 3000;
const POLL_MS = 20;
const MOST_CHANGES = 1000;
const IDS_A_QUERY = 100;

export class IndexLag {
  readonly #look: IndexLook;
  readonly #recent = new Map<string, Change>();
  /** How often anything was changed: what was counted before the last time is out of date. */
  changes = 0;

  constructor(look: IndexLook) {
    this.#look = look;
  }

  added(id: string): void {
    this.#note(id, false);
  }

  ended(id: string): void {
    this.#note(id, true);
  }

  /** The job is gone: the index has nothing to show of it. */
  removed(id: string): void {
    this.#recent.delete(id);
    this.changed();
  }

  /** Something happened that the index does not show: an attempt began, a cancel was asked for. */
  changed(): void {
    this.changes += 1;
  }

  /** Resolves when the index shows every change that was made before the call, at the latest after 3 s. */
  async caughtUp(): Promise<void> {
    const giveUpAt = Date.now() + GIVE_UP_MS;
    const recent = [...this.#recent].filter(([, { at }]) => at > Date.now() - OLDEST_MS);
    for (let first = 0; first < recent.length; first += IDS_A_QUERY) await this.#shows(recent.slice(first, first + IDS_A_QUERY), giveUpAt);
    for (const [id, change] of recent) if (this.#recent.get(id) === change) this.#recent.delete(id);
  }

  async #shows(changes: readonly (readonly [string, Change])[], giveUpAt: number): Promise<void> {
    let missing = changes;
    while (missing.length > 0 && Date.now() < giveUpAt) {
      const jobs = await this.#look(missing.map(([id]) => id));
      const closed = new Map(jobs.map(({ id, close }) => [id, close !== 'open']));
      missing = missing.filter(([id, { hasEnded }]) => !closed.has(id) || (hasEnded && closed.get(id) === false));
      if (missing.length > 0) await sleep(POLL_MS);
    }
  }

  #note(id: string, hasEnded: boolean): void {
    this.#recent.delete(id);
    this.#recent.set(id, { at: Date.now(), hasEnded });
    this.changed();
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MOST_CHANGES && oldest !== undefined) this.#recent.delete(oldest);
  }
}
