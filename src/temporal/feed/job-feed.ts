/**
 * Owns what changes about the jobs that one filter matches, for any number of readers. Which feeds there are is in `job-feeds.ts`.
 *
 * 1. It looks only while somebody reads, and rests three times as long as a look has taken.
 * 2. The ends of jobs come from the index, which lags: each look reads the last ten seconds again, and what was told is not told twice.
 * 3. Open jobs are described one by one, some at each look: those that move first, the others in turns.
 * 4. No version of a job is told twice, and its versions rise.
 * 5. A pause of its readers is caught up with; after ten minutes it begins anew.
 */
import pLimit from 'p-limit';
import { JobError } from '../../contract/errors.ts';
import { isTerminal, type JobSnapshot } from '../../contract/snapshot.ts';
import type { JobInfo } from '../describe.ts';
import { listOpenJobs } from '../open-jobs.ts';
import { type JobFilter, type JobReading, readJob } from '../read-jobs.ts';
import { type JobQuery, listJobs } from '../visibility.ts';
import { shownOf } from '../watch/job-poller.ts';
import { eventOf, type JobEvent, PastEvents, WaitingEvents } from './feed-events.ts';

export interface EventOptions {
  /** Ends the events. */
  readonly signal?: AbortSignal;
  /** Id of the last event that was seen: those behind it follow. */
  readonly after?: string;
}

const REST_MS = 500;
const RESTS_PER_LOOK = 3;
const OVERLAP_MS = 10_000;
const LONGEST_PAUSE_MS = 600_000;
const PAGE = 500;
const DESCRIBES_A_LOOK = 100;
const AT_ONCE = 20;

export class JobFeed {
  readonly #reading: JobReading;
  readonly #where: JobQuery;
  readonly #readers = new Set<WaitingEvents>();
  #past = new PastEvents();
  /** Open jobs as they were told last. */
  #open = new Map<string, JobSnapshot>();
  /** Runs whose end was told: of which job, and when it was. */
  #ended = new Map<string, { readonly id: string; readonly endedMs: number }>();
  /** Version that was told last, of jobs that are open or have ended a short while ago. */
  #versions = new Map<string, number>();
  #lookedMs = 0;
  #turn = 0;
  #isLooking = false;

  constructor(reading: JobReading, where: JobQuery) {
    this.#reading = reading;
    this.#where = where;
  }

  /** True when nobody reads, and those who did before have been away too long to go on. */
  get isForgotten(): boolean {
    return this.#readers.size === 0 && !this.#isLooking && this.#lookedMs > 0 && Date.now() - this.#lookedMs > LONGEST_PAUSE_MS;
  }

  /**
   * The open jobs that match as they are, then an event for each change; with `after` what has changed behind that event. When
   * that is not known any more, the open jobs again and those that ended since: a reader drops versions that it has seen.
   * @throws JobError `overloaded` for a reader with 10 000 jobs waiting: read faster, or begin again
   */
  async *events(filter: JobFilter, { signal, after }: EventOptions): AsyncGenerator<JobEvent, void, undefined> {
    const waiting = new WaitingEvents(filter);
    try {
      await this.#begin(waiting, after);
      if (!this.#isLooking) void this.#look();
      const isOver = (): boolean => signal?.aborted === true;
      while (!isOver()) {
        await waiting.something(signal);
        for (let event = waiting.take(); event !== undefined && !isOver(); event = waiting.take()) yield event;
        if (waiting.isTooSlow) throw tooSlow();
      }
    } finally {
      this.#readers.delete(waiting);
    }
  }

  async #begin(waiting: WaitingEvents, after: string | undefined): Promise<void> {
    if (Date.now() - this.#lookedMs > LONGEST_PAUSE_MS) this.#forget();
    const behind = after === undefined ? undefined : this.#past.after(after);
    // Before anything is awaited: what happens from now on is handed to it as well.
    this.#readers.add(waiting);
    if (behind !== undefined) {
      for (const event of behind) waiting.add(event);
      return;
    }
    for (const job of this.#open.values()) waiting.add(eventOf(job));
    if (after !== undefined) await this.#tellEndsSince(waiting, after);
  }

  #forget(): void {
    this.#past = new PastEvents();
    this.#open = new Map();
    this.#ended = new Map();
    this.#versions = new Map();
    this.#lookedMs = Date.now();
  }

  /** Of an event from before this process: what has ended since that job is known to have been so. */
  async #tellEndsSince(waiting: WaitingEvents, after: string): Promise<void> {
    const id = after.slice(0, after.lastIndexOf(':'));
    const job = id === '' ? undefined : await readJob(this.#reading, id, { input: false }).catch(() => undefined);
    const known = job?.endedAt ?? job?.startedAt ?? job?.addedAt;
    const sinceMs = Math.max(known === undefined ? 0 : Date.parse(known), Date.now() - LONGEST_PAUSE_MS);
    for (const snapshot of await this.#read(await this.#endedSince(sinceMs))) waiting.add(eventOf(this.#numbered(snapshot)));
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#readers.size > 0) {
      const startedMs = Date.now();
      // A server that is away is looked for again; readers are told nothing, and wait.
      await this.#lookOnce(startedMs).catch(() => undefined);
      const took = Date.now() - startedMs;
      await new Promise((resolve) => setTimeout(resolve, Math.max(REST_MS, took * RESTS_PER_LOOK)).unref());
    }
    this.#isLooking = false;
  }

  async #lookOnce(now: number): Promise<void> {
    const [ended, open] = await Promise.all([
      this.#endedSince(this.#lookedMs - OVERLAP_MS),
      listOpenJobs(this.#reading.temporal, this.#where),
    ]);
    const fresh = ended.filter(({ runId }) => !this.#ended.has(runId));
    const isOpen = new Set(open.jobs.map(({ id }) => id));
    // One that was open and is not in the list has ended, or is beyond those that are looked at.
    const gone = [...this.#open.values()].filter(({ id }) => !isOpen.has(id)).slice(0, DESCRIBES_A_LOOK);
    for (const snapshot of await this.#read([...fresh, ...gone, ...this.#turnOf(open.jobs)])) this.#tell(snapshot);
    for (const { id, runId, closedMs } of fresh) this.#ended.set(runId, { id, endedMs: closedMs ?? now });
    this.#forgetEndsBefore(now - OVERLAP_MS * RESTS_PER_LOOK);
    this.#lookedMs = now;
  }

  #forgetEndsBefore(time: number): void {
    for (const [runId, { id, endedMs }] of this.#ended) {
      if (endedMs >= time) continue;
      this.#ended.delete(runId);
      if (!this.#open.has(id)) this.#versions.delete(id);
    }
  }

  /** Those that move at each look; of the others so many that the look stays short, in turns. */
  #turnOf(jobs: readonly JobInfo[]): readonly JobInfo[] {
    const moves = ({ id }: JobInfo): boolean => {
      const known = this.#open.get(id);
      return known === undefined || known.status === 'processing' || known.status === 'cancelling';
    };
    const first = jobs.filter(moves).slice(0, DESCRIBES_A_LOOK);
    const others = jobs.filter((job) => !moves(job));
    const room = Math.min(DESCRIBES_A_LOOK - first.length, others.length);
    const start = others.length === 0 ? 0 : this.#turn % others.length;
    this.#turn = start + room;
    return [...first, ...[...others.slice(start), ...others.slice(0, start)].slice(0, room)];
  }

  async #endedSince(sinceMs: number): Promise<readonly JobInfo[]> {
    const found: JobInfo[] = [];
    let token: string | undefined;
    do {
      const page = await listJobs(this.#reading.temporal, { ...this.#where, closedFrom: sinceMs }, { size: PAGE, token });
      found.push(...page.jobs);
      token = page.nextPageToken;
    } while (token !== undefined);
    return found;
  }

  async #read(jobs: readonly { readonly id: string }[]): Promise<readonly JobSnapshot[]> {
    const limit = pLimit(AT_ONCE);
    const ids = [...new Set(jobs.map(({ id }) => id))];
    const snapshots = await Promise.all(ids.map((id) => limit(async () => await readJob(this.#reading, id, { input: false }))));
    return snapshots.filter((snapshot) => snapshot !== undefined);
  }

  #tell(snapshot: JobSnapshot): void {
    const last = this.#open.get(snapshot.id);
    if (last !== undefined && shownOf(last) === shownOf(snapshot)) return;
    // An end is the same version from whoever reads it.
    if (isTerminal(snapshot.status) && snapshot.version <= (this.#versions.get(snapshot.id) ?? 0)) return;
    const job = this.#numbered(snapshot);
    if (isTerminal(job.status)) this.#open.delete(job.id);
    else this.#open.set(job.id, job);
    const event = eventOf(job);
    this.#past.add(event);
    for (const reader of this.#readers) reader.add(event);
  }

  /** With a version above the last one that was told, unless it is the same state. */
  #numbered(snapshot: JobSnapshot): JobSnapshot {
    const last = this.#versions.get(snapshot.id) ?? 0;
    const job = { ...snapshot, version: Math.max(snapshot.version, last + (isTerminal(snapshot.status) ? 0 : 1)) };
    this.#versions.set(job.id, job.version);
    return job;
  }
}

function tooSlow(): JobError {
  return new JobError(
    'overloaded',
    'The reader of events is too slow: 10 000 jobs wait for it. Begin again behind the last event that it has.',
  );
}
