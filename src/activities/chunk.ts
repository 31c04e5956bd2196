/**
 * Owns a chunk: one call in which a worker makes the first attempts of many jobs of one type, under the handler limit of its queue.
 *
 * 1. Its record, who runs and what became of the others, is in its heartbeats: for readers, and for the worker that goes on with it.
 * 2. Whoever goes on after a death gives those that were running a call of their own, and writes down before each further job that it
 *    begins it: so the job that kills its worker is known after its second death.
 * 3. The workflow is told of outcomes after 2, 4, 8 … s and when they have become many, so that a slow job holds up nobody.
 * 4. On shutdown it begins no more, and the server gives it to another worker.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptState } from '../contract/attempts.ts';
import type { ChunkCall, ChunkJob, ChunkRecord, ChunkResult, Outcome } from '../contract/carrier.ts';
import { asJobError, JobError, messageOf } from '../contract/errors.ts';
import type { ResultEnvelope } from '../contract/messages.ts';
import type { Attempt } from './attempt.ts';
import { type CarriedAttempt, leftBy, leftByDead, runningJobs, SharedCall } from './carried-attempt.ts';
import type { HandledJob } from './handle.ts';
import { asOneCall, writeDown } from './one-call.ts';
import type { HandlerRun } from './run-handler.ts';

/** The record is a part of each heartbeat, which the server limits. */
const MAX_UNTOLD_BYTES = 256 * 1024;
const FIRST_WORD_MS = 2000;
/** A failed job waits for its call at most so long beyond its due time. */
const AGAIN_WORD_MS = 1000;
/** Or for this part of the time that the chunk has taken: it says a word some hundred times a day at most. */
const AGAIN_WORD_PART = 1 / 16;
const TICK_MS = 250;
/** Those that were running when a worker died let the others go first, and come one after the other: the one that killed it drags few along. */
const SUSPECT_WAIT_MS = 5000;
const SUSPECTS_APART_MS = 250;

/** Works through a chunk. */
export async function runChunk(handled: HandledJob, call: ChunkCall, run: HandlerRun): Promise<ResultEnvelope> {
  return await asOneCall(handled, run, async (attempt) => {
    const chunk = new Chunk(handled, call, { attempt, run });
    const unlisten = chunk.listen();
    try {
      await chunk.work();
    } finally {
      unlisten();
    }
    return chunk.isInterrupted ? undefined : ({ outcomes: chunk.untold } satisfies ChunkResult);
  });
}

interface ChunkParts {
  readonly attempt: Attempt;
  readonly run: HandlerRun;
}

class Chunk {
  readonly #shared: SharedCall;
  readonly #call: ChunkCall;
  readonly #attempt: Attempt;
  readonly #run: HandlerRun;
  /** True after a death: what is begun is written down before. */
  readonly #isCareful: boolean;
  readonly #left: ChunkJob[];
  readonly #told = new Set<number>();
  #untold: Outcome[] = [];
  #untoldBytes = 0;
  readonly #running = new Map<number, CarriedAttempt>();
  readonly #cancelled = new Set<number>();
  /** What those left that a shutdown has stopped. */
  readonly #interrupted = new Map<number, AttemptState>();
  /** Fires when no more are begun: the turn is over, or the chunk is stopped. */
  readonly #end = new AbortController();
  #turn: NodeJS.Timeout | undefined;
  readonly #begunAt = performance.now();
  #wordDueMs = FIRST_WORD_MS;
  #wordAtMs = 0;
  #telling: Promise<void> | undefined;
  #isAsking = false;

  constructor(handled: HandledJob, call: ChunkCall, { attempt, run }: ChunkParts) {
    this.#shared = new SharedCall(handled, run, call.timeoutMs);
    this.#call = call;
    this.#attempt = attempt;
    this.#run = run;
    this.#isCareful = attempt.state.deaths > 0;
    this.#goOn(attempt.state.chunk);
    const isKnown = new Set([...this.#told, ...this.#untold.map(({ job }) => job)]);
    this.#left = call.jobs.filter(({ place }) => !isKnown.has(place));
    attempt.carry({ chunk: this.#record() });
    // Each of those that wait for a place listens.
    setMaxListeners(0, this.#end.signal);
  }

  get untold(): readonly Outcome[] {
    return this.#untold;
  }

  /** True when its worker is shut down and jobs are left for another one. */
  get isInterrupted(): boolean {
    return this.#attempt.stopped?.code === 'worker-shutdown' && this.#left.length > 0;
  }

  /** Hears of cancels from the workflow, where it lives in this process. */
  listen(): () => void {
    const { context, host } = this.#run;
    const runId = context.info.workflowExecution?.runId ?? '';
    const unlisten = this.#call.jobs.map(({ place }) =>
      host.cancels.listen({ runId, activityId: String(place) }, () => this.#cancel(place)),
    );
    return () => {
      for (const stop of unlisten) stop();
    };
  }

  /** Makes the attempts, as many at a time as the queue may run. */
  async work(): Promise<void> {
    const ticks = setInterval(() => this.#tick(), TICK_MS);
    try {
      const lanes = Math.min(this.#run.limit.limit, this.#left.length);
      await Promise.all(Array.from({ length: lanes }, async () => await this.#lane()));
      await this.#makeRoom();
    } finally {
      clearInterval(ticks);
      clearTimeout(this.#turn);
      await this.#telling;
    }
  }

  async #lane(): Promise<void> {
    while (this.#mayBegin()) {
      await this.#makeRoom();
      const { limit } = this.#run;
      const release = limit.takeNow() ?? (await limit.acquire(this.#end.signal).catch(() => undefined));
      const next = this.#mayBegin() ? this.#left.shift() : undefined;
      if (release === undefined || next === undefined) {
        release?.();
        return;
      }
      this.#turn ??= setTimeout(() => this.#end.abort(), this.#call.turnMs);
      await this.#runOne(next, release);
    }
  }

  /** The record and the result of a chunk are limited: what is too much is told before anything is added to it. */
  async #makeRoom(): Promise<void> {
    while (this.#untoldBytes >= MAX_UNTOLD_BYTES && !this.#isStopped) await this.#tellOnce();
  }

  #mayBegin(): boolean {
    return this.#left.length > 0 && !this.#isStopped && !this.#end.signal.aborted;
  }

  /** A cancel concerns single jobs; what else stops the attempt stops all. */
  get #isStopped(): boolean {
    return this.#attempt.stopped !== undefined && this.#attempt.stopped.code !== 'cancelled';
  }

  async #runOne(job: ChunkJob, release: () => void): Promise<void> {
    const { place, input } = job;
    if (this.#cancelled.has(place)) {
      release();
      this.#note({ job: place, end: 'cancelled', endedMs: Date.now() });
      return;
    }
    const carried = this.#shared.attempt({ place, input, before: this.#interrupted.get(place) });
    this.#running.set(place, carried);
    this.#interrupted.delete(place);
    if (this.#isCareful) await writeDown(this.#attempt, this.#run);
    const outcome = await carried.make(release);
    this.#running.delete(place);
    if (outcome !== undefined) this.#note(outcome);
    else {
      this.#left.push(job);
      this.#interrupted.set(place, leftBy(carried.attempt));
    }
  }

  #note(outcome: Outcome): void {
    this.#untold.push(outcome);
    this.#untoldBytes += JSON.stringify(outcome).length;
  }

  /** What is written down: each heartbeat has it as it is then. */
  #record(): ChunkRecord {
    const told = this.#told;
    const untold = (): readonly Outcome[] => this.#untold;
    const running = this.#running;
    const interrupted = this.#interrupted;
    return {
      get told() {
        return [...told];
      },
      get outcomes() {
        return untold();
      },
      get running() {
        return runningJobs(running);
      },
      get interrupted() {
        return [...interrupted].map(([job, state]) => ({ job, state }));
      },
    };
  }

  /** What the workers before left. */
  #goOn(record: ChunkRecord | undefined): void {
    for (const place of record?.told ?? []) this.#told.add(place);
    for (const outcome of record?.outcomes ?? []) this.#note(outcome);
    for (const { job, state } of record?.interrupted ?? []) this.#interrupted.set(job, state);
    for (const [index, running] of (record?.running ?? []).entries()) {
      const { job, startedMs } = running;
      const state = leftByDead(running, this.#attempt.state);
      const dueMs = Date.now() + SUSPECT_WAIT_MS + index * SUSPECTS_APART_MS;
      this.#note({ job, end: 'again', dueMs, startedMs, endedMs: Date.now(), state });
    }
  }

  #tick(): void {
    if (this.#isStopped) {
      this.#end.abort();
      for (const { attempt } of this.#running.values()) attempt.abort(this.#attempt.stopped ?? new JobError('worker-shutdown'));
    }
    if (this.#attempt.isCancelledByServer && !this.#isAsking) void this.#ask();
    if (this.#isWordDue()) void this.#tellOnce();
  }

  #isWordDue(): boolean {
    if (this.#untold.length === 0) return false;
    const age = performance.now() - this.#begunAt;
    const isAgainDue = this.#untold.some((outcome) => outcome.end === 'again' && outcome.dueMs <= Date.now() + AGAIN_WORD_MS);
    const isWordRare = age - this.#wordAtMs >= Math.max(AGAIN_WORD_MS, age * AGAIN_WORD_PART);
    return age >= this.#wordDueMs || this.#untoldBytes >= MAX_UNTOLD_BYTES || (isAgainDue && isWordRare);
  }

  async #tellOnce(): Promise<void> {
    this.#telling ??= this.#tell().finally(() => (this.#telling = undefined));
    await this.#telling;
  }

  /** Tells the workflow what became of those that have ended. */
  async #tell(): Promise<void> {
    const outcomes = [...this.#untold];
    const { workflowExecution } = this.#run.context.info;
    if (workflowExecution === undefined) return;
    this.#wordAtMs = performance.now() - this.#begunAt;
    while (this.#wordDueMs <= this.#wordAtMs) this.#wordDueMs *= 2;
    try {
      await this.#run.host.tellOutcomes(workflowExecution, outcomes);
    } catch (error) {
      this.#run.host.log.debug('outcomes not told', { job: workflowExecution.workflowId, error: messageOf(error) });
      // A carrier that is gone takes no word: another worker has the chunk, or nobody.
      if (asJobError(error)?.code === 'not-found') this.#attempt.abort(new JobError('worker-shutdown'));
      else await sleep(TICK_MS);
      return;
    }
    for (const { job } of outcomes) this.#told.add(job);
    this.#untold = this.#untold.filter(({ job }) => !this.#told.has(job));
    this.#untoldBytes = JSON.stringify(this.#untold).length;
  }

  /** Asks which of its jobs are cancelled. */
  async #ask(): Promise<void> {
    const { workflowExecution } = this.#run.context.info;
    if (workflowExecution === undefined) return;
    this.#isAsking = true;
    try {
      const cancelled = await this.#run.host.cancelledJobs(workflowExecution);
      for (const { place } of this.#call.jobs) if (cancelled === 'all' || cancelled.has(place)) this.#cancel(place);
    } catch (error) {
      this.#run.host.log.debug('not asked which jobs are cancelled', { job: workflowExecution.workflowId, error: messageOf(error) });
    } finally {
      this.#isAsking = false;
    }
  }

  #cancel(place: number): void {
    this.#cancelled.add(place);
    this.#running.get(place)?.attempt.abort(new JobError('cancelled'));
  }
}
