/**
 * Owns the items of one segment of a batch while a worker works through them: which is next, what became of each, and the drafts that keep
 * it. Whether further ones may begin is decided in `segments.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FIRST_ATTEMPT, type AttemptState, stateFrom } from '../contract/attempts.ts';
import {
  type BatchCounts,
  type BatchPlan,
  countsOf,
  itemsIn,
  SEGMENT_ITEMS,
  type SegmentLeft,
  type SegmentRecord,
  type SegmentsCall,
} from '../contract/batch.ts';
import type { CarriedInput, Outcome } from '../contract/carrier.ts';
import type { JobError } from '../contract/errors.ts';
import type { BatchValues } from '../payloads/batch-values.ts';
import type { Attempt } from './attempt.ts';
import { type CarriedAttempt, leftBy, leftByDead, runningJobs, type SharedCall } from './carried-attempt.ts';
import { writeDown } from './one-call.ts';
import type { HandlerRun } from './run-handler.ts';

/** The record is a part of each heartbeat, which the server limits. */
const MAX_RECORD_BYTES = 256 * 1024;
/** Of an outcome, without what its job has left. */
const OUTCOME_BYTES = 200;
const FIRST_DRAFT_MS = 2000;
/** An item that is due so soon is waited for here. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 250;
/** An item whose worker died so often has a call of its own. */
const OWN_CALL_DEATHS = 2;

/** What a segment needs of the call that works through it. */
export interface SegmentHost {
  readonly shared: SharedCall;
  readonly plan: BatchPlan;
  readonly call: SegmentsCall;
  readonly run: HandlerRun;
  readonly attempt: Attempt;
  readonly values: BatchValues;
  /** Fires when no further item is to be begun. */
  readonly end: AbortSignal;
  /** Items that have ended in the call. */
  counts(): BatchCounts;
  /** The first item of a call begins its turn. */
  begun(): void;
  /** An item has failed for good. */
  failed(): void;
}

export class Segment {
  readonly number: number;
  readonly #host: SegmentHost;
  readonly #first: number;
  #inputs: readonly CarriedInput[] = [];
  /** By item, newest word. */
  readonly #outcomes = new Map<number, Outcome>();
  /** Words that no draft has. */
  #fresh: Outcome[] = [];
  #freshBytes = 0;
  #draft: number;
  readonly #begunAt = performance.now();
  #draftDueMs = FIRST_DRAFT_MS;
  #writing: Promise<boolean> | undefined;
  /** Items that may begin, the next one last; behind the others those that died with a worker. */
  #waiting: number[] = [];
  /** Items that are tried again, and when. */
  readonly #again = new Map<number, number>();
  readonly #running = new Map<number, CarriedAttempt>();
  #lanes = 0;
  #settled: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: SegmentHost, number: number) {
    this.#host = host;
    this.number = number;
    this.#first = number * SEGMENT_ITEMS;
    this.#draft = host.call.left?.draft !== undefined && number === host.call.segments[0] ? host.call.left.draft : 0;
  }

  /** Reads the items, and what is known of them. `record`: what the worker before left of this segment. */
  async load(record: SegmentRecord | undefined): Promise<void> {
    const { call, values } = this.#host;
    this.#inputs = await values.inputs(this.number);
    for (const outcome of await this.#before()) this.#outcomes.set(outcome.job, outcome);
    // Who closes a segment that a worker has let go is not told of its draft.
    const newest = call.isClosing === true ? (await values.names()).drafts.get(this.number) : undefined;
    this.#draft = Math.max(this.#draft, record?.draft ?? 0, newest ?? 0);
    if (this.#draft > 0) for (const outcome of await values.draft(this.number, this.#draft)) this.#outcomes.set(outcome.job, outcome);
    for (const outcome of record?.outcomes ?? []) this.#note(outcome);
    for (const running of record?.running ?? []) {
      const { job, startedMs } = running;
      const state = leftByDead(running, this.#host.attempt.state, this.#stateOf(job));
      this.#note({ job, end: 'again', dueMs: 0, startedMs, endedMs: Date.now(), state });
    }
    for (const outcome of (call.outcomes ?? []).filter(({ job }) => this.#has(job))) {
      this.#note(outcome);
      if (outcome.end === 'failed') this.#host.failed();
    }
    this.#sort();
    this.#host.attempt.carry({ segment: this.#record() });
  }

  /** Those of the run before that hold: what was completed. Of others the checkpoint is gone on from. */
  async #before(): Promise<readonly Outcome[]> {
    const { values, plan } = this.#host;
    const { run, since } = plan;
    for (let before = run - 1; before >= since; before -= 1) {
      const outcomes = await values.results(before, this.number);
      if (outcomes === undefined) continue;
      return outcomes.flatMap((outcome): readonly Outcome[] => {
        if (outcome.end === 'completed') return [outcome];
        const { checkpoint } = outcome.state ?? {};
        if (checkpoint === undefined || outcome.state === undefined) return [];
        return [{ job: outcome.job, end: 'again', dueMs: 0, endedMs: outcome.endedMs, state: stateFrom(outcome.state) }];
      });
    }
    return [];
  }

  #has(item: number): boolean {
    return item >= this.#first && item < this.#first + this.#inputs.length;
  }

  #stateOf(item: number): AttemptState | undefined {
    return this.#outcomes.get(item)?.state;
  }

  /** What is to be done with each item. */
  #sort(): void {
    const suspects: number[] = [];
    for (let item = this.#first; item < this.#first + this.#inputs.length; item += 1) {
      const known = this.#outcomes.get(item);
      const deaths = known?.state?.deaths ?? 0;
      if (known === undefined) this.#waiting.push(item);
      else if (known.end === 'again' && deaths === 0) this.#again.set(item, known.dueMs);
      else if (known.end === 'again' && deaths < OWN_CALL_DEATHS) suspects.push(item);
    }
    this.#waiting = [...this.#waiting, ...suspects].toReversed();
  }

  /** Makes attempts until all have ended, or nothing more may or can be begun now. */
  async work(): Promise<void> {
    const { end } = this.#host;
    const onEnd = (): void => this.#goOn();
    end.addEventListener('abort', onEnd, { once: true });
    try {
      await new Promise<void>((resolve) => {
        this.#settled = resolve;
        this.#goOn();
      });
    } finally {
      end.removeEventListener('abort', onEnd);
      clearTimeout(this.#timer);
      await this.#writing;
    }
  }

  /** Begins as many lanes as there is work for; ends the work when there is none. */
  #goOn(): void {
    const { call, run, end } = this.#host;
    clearTimeout(this.#timer);
    const most = Math.min(call.lanes ?? SEGMENT_ITEMS, run.limit.limit);
    for (let ready = end.aborted ? 0 : this.#ready(); ready > 0 && this.#lanes < most; ready -= 1) void this.#lane();
    const dueMs = end.aborted ? undefined : this.#nextDueMs();
    if (this.#lanes > 0) this.#wakeAt(dueMs);
    else if (dueMs !== undefined && dueMs - Date.now() <= PATIENCE_MS) this.#wakeAt(dueMs);
    else this.#settled();
  }

  #wakeAt(dueMs: number | undefined): void {
    if (dueMs !== undefined) this.#timer = setTimeout(() => this.#goOn(), Math.max(1, dueMs - Date.now()));
  }

  #ready(): number {
    return this.#waiting.length + [...this.#again.values()].filter((dueMs) => dueMs <= Date.now()).length;
  }

  #nextDueMs(): number | undefined {
    return this.#again.size === 0 ? undefined : Math.min(...this.#again.values());
  }

  #take(): number | undefined {
    if (this.#again.size > 0) {
      const now = Date.now();
      for (const [item, dueMs] of this.#again) {
        if (dueMs > now) continue;
        this.#again.delete(item);
        return item;
      }
    }
    return this.#waiting.pop();
  }

  async #lane(): Promise<void> {
    const { run, end } = this.#host;
    this.#lanes += 1;
    for (;;) {
      if (this.#freshBytes >= MAX_RECORD_BYTES) await this.#makeRoom();
      const release = run.limit.takeNow() ?? (await run.limit.acquire(end).catch(() => undefined));
      const item = release === undefined || end.aborted ? undefined : this.#take();
      if (release === undefined || item === undefined) {
        release?.();
        break;
      }
      await this.#make(item, release);
    }
    this.#lanes -= 1;
    this.#goOn();
  }

  async #make(item: number, release: () => void): Promise<void> {
    const { shared, run, attempt } = this.#host;
    this.#host.begun();
    const carried = shared.attempt({ place: item, input: this.#inputs[item - this.#first]?.input, before: this.#stateOf(item) });
    this.#running.set(item, carried);
    // After a death what is begun is known before: so the item that kills its worker is found.
    if (attempt.state.deaths > 0) await writeDown(attempt, run);
    const outcome = await carried.make(release);
    this.#running.delete(item);
    this.#note(outcome ?? { job: item, end: 'again', dueMs: 0, endedMs: Date.now(), state: leftBy(carried.attempt) });
    if (outcome?.end === 'again') this.#again.set(item, outcome.dueMs);
    if (outcome?.end === 'failed') this.#host.failed();
  }

  #note(outcome: Outcome): void {
    this.#outcomes.set(outcome.job, outcome);
    this.#fresh.push(outcome);
    this.#freshBytes += bytesOf(outcome);
  }

  /** Called from time to time: keeps a draft after 2, 4, 8 … s. */
  tick(): void {
    const ageMs = performance.now() - this.#begunAt;
    if (this.#fresh.length > 0 && ageMs >= this.#draftDueMs) void this.#writeDraft();
  }

  /** Stops the attempts that are under way. */
  abort(reason: JobError): void {
    for (const { attempt } of this.#running.values()) attempt.abort(reason);
  }

  /** How many have ended. */
  get counts(): BatchCounts {
    return countsOf(this.#outcomes.values());
  }

  get isDone(): boolean {
    const { completed, failed, cancelled } = this.counts;
    return completed + failed + cancelled === itemsIn(this.number, this.#host.plan.items);
  }

  /** What is not in a draft travels with heartbeats, and is limited. */
  async #makeRoom(): Promise<void> {
    while (this.#freshBytes >= MAX_RECORD_BYTES && !this.#host.end.aborted) if (!(await this.#writeDraft())) await sleep(PAUSE_MS);
  }

  /** False when it could not be written now. */
  async #writeDraft(): Promise<boolean> {
    this.#writing ??= this.keepDraft()
      .then(
        () => true,
        () => false,
      )
      .finally(() => (this.#writing = undefined));
    return await this.#writing;
  }

  /** Keeps what has become of the items so far. @throws JobError `unavailable` */
  async keepDraft(): Promise<void> {
    const ageMs = performance.now() - this.#begunAt;
    while (this.#draftDueMs <= ageMs) this.#draftDueMs *= 2;
    const told = this.#fresh.length;
    const last = this.#draft;
    this.#draft = await this.#host.values.keepDraft(this.number, last, [...this.#outcomes.values()]);
    this.#fresh = this.#fresh.slice(told);
    this.#freshBytes = this.#fresh.reduce((sum, outcome) => sum + bytesOf(outcome), 0);
    // Whoever goes on after this one reads the draft that the last heartbeat names.
    await this.#host.values.dropDrafts(this.number, last - 1);
  }

  /** Says of what has not ended that it is cancelled. */
  cancelRest(): void {
    for (let item = this.#first; item < this.#first + this.#inputs.length; item += 1) {
      const known = this.#outcomes.get(item);
      if (known !== undefined && known.end !== 'again') continue;
      this.#note({ job: item, end: 'cancelled', endedMs: Date.now(), ...(known?.state === undefined ? {} : { state: known.state }) });
    }
  }

  /** Keeps the results, once all have ended; how many ended how. */
  async keepResults(): Promise<BatchCounts> {
    const outcomes = [...this.#outcomes.values()].toSorted((one, other) => one.job - other.job);
    const counts = await this.#host.values.keepResults(this.number, outcomes);
    await this.#host.values.dropDrafts(this.number, this.#draft);
    return counts;
  }

  /** Keeps what is there, for the next call. */
  async left(): Promise<SegmentLeft> {
    await this.keepDraft();
    const dueMs = this.#nextDueMs();
    const suspects = [...this.#outcomes.values()].filter(({ end, state }) => end === 'again' && (state?.deaths ?? 0) >= OWN_CALL_DEATHS);
    return {
      segment: this.number,
      draft: this.#draft,
      counts: this.counts,
      ...(dueMs === undefined || this.#waiting.length > 0 ? {} : { dueMs }),
      suspects: suspects.map(({ job, state = FIRST_ATTEMPT }) => ({ item: job, ...this.#inputs[job - this.#first], state })),
    };
  }

  /** What is written down: each heartbeat has it as it is then. */
  #record(): SegmentRecord {
    const draft = (): number => this.#draft;
    const fresh = (): readonly Outcome[] => this.#fresh;
    const counts = (): BatchCounts => this.#host.counts();
    const running = this.#running;
    return {
      segment: this.number,
      get draft() {
        return draft();
      },
      get outcomes() {
        return fresh();
      },
      get running() {
        return runningJobs(running);
      },
      get counts() {
        return counts();
      },
    };
  }
}

/** About as many as its JSON has. */
function bytesOf(outcome: Outcome): number {
  const output = outcome.end === 'completed' && outcome.output !== undefined ? JSON.stringify(outcome.output).length : 0;
  const state = outcome.state === undefined ? 0 : JSON.stringify(outcome.state).length;
  return OUTCOME_BYTES + output + state + (outcome.end === 'failed' ? outcome.error.message.length : 0);
}
