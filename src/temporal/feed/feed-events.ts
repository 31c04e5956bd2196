/** Owns what readers of a feed are handed: which events wait for one, and which of the past can be given again. */
import { isTerminal, type JobSnapshot } from '../../contract/snapshot.ts';
import { isMeant } from '../job-match.ts';
import type { JobFilter } from '../read-jobs.ts';

/** Something that has changed about a job. */
export interface JobEvent {
  /** `<job>:<version>`. */
  readonly id: string;
  readonly job: JobSnapshot;
}

/** Events that can be given again. */
const KEPT = 10_000;
/** A reader with more waiting is too slow: it has to begin again. */
const MOST_WAITING = 10_000;

export function eventOf(job: JobSnapshot): JobEvent {
  return { id: `${job.id}:${job.version}`, job };
}

/** The newest events, in their order. */
export class PastEvents {
  readonly #events: JobEvent[] = [];
  /** Event id → its number; the first event that is kept has the number `#first`. */
  readonly #numbers = new Map<string, number>();
  #first = 0;

  add(event: JobEvent): void {
    this.#numbers.set(event.id, this.#first + this.#events.push(event) - 1);
    if (this.#events.length <= KEPT) return;
    const oldest = this.#events.shift();
    this.#first += 1;
    if (oldest !== undefined) this.#numbers.delete(oldest.id);
  }

  /** The events behind this one; undefined when it is not kept. */
  after(id: string): readonly JobEvent[] | undefined {
    const number = this.#numbers.get(id);
    return number === undefined ? undefined : this.#events.slice(number - this.#first + 1);
  }
}

/**
 * What waits for one reader: of each job the newest state, and every end. So a slow reader misses no end, and has no more
 * waiting than there are jobs.
 */
export class WaitingEvents {
  readonly #filter: JobFilter;
  readonly #byJob = new Map<string, JobEvent[]>();
  #wake: () => void = () => undefined;

  constructor(filter: JobFilter) {
    this.#filter = filter;
  }

  get isTooSlow(): boolean {
    return this.#byJob.size > MOST_WAITING;
  }

  add(event: JobEvent): void {
    if (!isMeant(event.job, this.#filter)) return;
    const waiting = this.#byJob.get(event.job.id) ?? [];
    const newest = waiting.at(-1);
    const kept = newest === undefined || isTerminal(newest.job.status) ? waiting : waiting.slice(0, -1);
    this.#byJob.set(event.job.id, [...kept, event]);
    this.#wake();
  }

  take(): JobEvent | undefined {
    for (const [id, [first, ...rest]] of this.#byJob) {
      if (rest.length === 0) this.#byJob.delete(id);
      else this.#byJob.set(id, rest);
      return first;
    }
    return undefined;
  }

  /** Resolves when something waits, or the signal fires. */
  async something(signal: AbortSignal | undefined): Promise<void> {
    if (this.#byJob.size > 0 || signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
