/** Owns which feeds there are: one for each filter that is read with, so that a look costs what its filter matches. */
import { type JobFilter, type JobReading, whereOf } from '../read-jobs.ts';
import type { JobEvent } from './feed-events.ts';
import { type EventOptions, JobFeed } from './job-feed.ts';

export class JobFeeds {
  readonly #reading: JobReading;
  readonly #feeds = new Map<string, JobFeed>();

  constructor(reading: JobReading) {
    this.#reading = reading;
  }

  /** The events of the jobs that match. */
  events(filter: JobFilter, options: EventOptions): AsyncGenerator<JobEvent, void, undefined> {
    // Without the status, which comes and goes: it is looked at when an event is handed out.
    const where = whereOf(filter);
    const key = JSON.stringify(where);
    for (const [other, feed] of this.#feeds) if (other !== key && feed.isForgotten) this.#feeds.delete(other);
    const feed = this.#feeds.get(key) ?? new JobFeed(this.#reading, where);
    this.#feeds.set(key, feed);
    return feed.events(filter, options);
  }
}
