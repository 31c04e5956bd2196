/** Owns watching jobs: their snapshots as changes come, for any number of watchers of a client. How one job is looked at is in `job-poller.ts`. */
import { isTerminal, type JobSnapshot } from '../../contract/snapshot.ts';
import type { JobReading } from '../read-jobs.ts';
import { EndPolls } from './end-polls.ts';
import { JobPoller } from './job-poller.ts';

export interface WatchOptions {
  /** Stops the watch; the iteration ends without an error. */
  readonly signal?: AbortSignal;
}

/** Pollers that nobody waits at are kept for those that come back, up to this number. */
const KEPT_POLLERS = 200;

export class WatchHub {
  readonly #reading: JobReading;
  readonly #ends: EndPolls;
  readonly #pollers = new Map<string, JobPoller>();

  constructor(reading: JobReading) {
    this.#reading = reading;
    this.#ends = new EndPolls(reading.temporal);
  }

  /**
   * The snapshot as it is, then one per change, the terminal one last. What changes between two looks, or while the watcher is
   * busy, is one change. While Temporal does not answer it says so and keeps trying.
   * @throws JobError `not-found`
   */
  async *watch(id: string, { signal }: WatchOptions = {}): AsyncGenerator<JobSnapshot, void, undefined> {
    let seen: JobSnapshot | undefined;
    while (signal?.aborted !== true) {
      const snapshot = await this.#pollerOf(id).next(seen, signal);
      if (snapshot === undefined) return;
      seen = snapshot;
      yield snapshot;
      if (isTerminal(snapshot.status)) return;
    }
  }

  /** This client has told the job something: its watchers see what came of it at once. */
  changed(id: string): void {
    this.#pollers.get(id)?.lookNow();
  }

  #pollerOf(id: string): JobPoller {
    const known = this.#pollers.get(id);
    if (known !== undefined) return known;
    if (this.#pollers.size >= KEPT_POLLERS) this.#dropIdle();
    const poller = new JobPoller(id, this.#reading, this.#ends);
    this.#pollers.set(id, poller);
    return poller;
  }

  #dropIdle(): void {
    for (const [id, poller] of this.#pollers) if (poller.isIdle) this.#pollers.delete(id);
  }
}
