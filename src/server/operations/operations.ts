/**
 * Owns operations: an act on all jobs that match, in the background, with a count, progress, an abort and a result for each job.
 * Their state lies in files (`operation-files.ts`); those that a dead process left are gone on with when the server starts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { uuidv7 } from 'uuidv7';
import type { Jobs } from '../../client.ts';
import { asJobError, JobError, messageOf } from '../../contract/errors.ts';
import type { JobFilter } from '../../temporal/read-jobs.ts';
import type { Log } from '../../log.ts';
import { countMatching, matching, type OperationAct } from './matching.ts';
import { type KeptOperation, type Operation, OperationFiles, type OperationResult } from './operation-files.ts';

const ACTS_AT_ONCE = 10;
/** Operations that work at the same time; the others wait their turn. */
const AT_ONCE = 2;
const MOST_RUNNING = 20;
const KEPT = 100;
/** So many jobs of a page are acted on before what came of them is written. */
const CHUNK = 50;
/** After a call that Temporal did not answer. */
const REST_MS = 2000;

export interface NewOperation {
  readonly act: OperationAct;
  /** The tenant of the one who asks is in it. */
  readonly filter: JobFilter;
  readonly actor: string;
  readonly reason?: string;
}

interface Running {
  state: KeptOperation;
  readonly abort: AbortController;
}

export class Operations {
  readonly #jobs: Jobs;
  readonly #files: OperationFiles;
  readonly #log: Log;
  readonly #known = new Map<string, Running>();
  readonly #turns = pLimit(AT_ONCE);
  readonly #work = new Set<Promise<void>>();
  #isClosed = false;

  private constructor(jobs: Jobs, files: OperationFiles, log: Log) {
    this.#jobs = jobs;
    this.#files = files;
    this.#log = log;
  }

  /** The operations of a folder; those that were under way go on. */
  static async open(jobs: Jobs, folder: string, log: Log): Promise<Operations> {
    const operations = new Operations(jobs, await OperationFiles.open(folder), log);
    const kept = await operations.#files.all();
    for (const state of kept.toSorted((one, other) => (one.id < other.id ? -1 : 1))) {
      const running = { state, abort: new AbortController() };
      operations.#known.set(state.id, running);
      if (state.status === 'aborting') running.abort.abort();
      if (isOpen(state)) operations.#begin(running);
    }
    return operations;
  }

  /**
   * Counts the jobs that match and begins. Resolves when the operation is kept: from then on a crash does not lose it.
   * @throws JobError `conflict` for a status that the act does nothing in; `overloaded` with 20 under way
   */
  async start({ act, filter, actor, reason }: NewOperation): Promise<Operation> {
    const open = [...this.#known.values()].filter(({ state }) => isOpen(state));
    if (open.length >= MOST_RUNNING)
      throw new JobError('overloaded', `${MOST_RUNNING} operations are under way. Wait until one of them has ended, or abort one.`);
    const startedAt = new Date().toISOString();
    const { tenant, ...shown } = filter;
    const bounded = { ...shown, addedBefore: filter.addedBefore ?? startedAt };
    const count = await countMatching(this.#jobs, act, { ...bounded, ...(tenant === undefined ? {} : { tenant }) });
    const state: KeptOperation = {
      id: uuidv7(),
      act,
      filter: bounded as KeptOperation['filter'],
      status: 'running',
      matching: count,
      done: 0,
      succeeded: 0,
      skipped: 0,
      failed: 0,
      actor,
      startedAt,
      ...(reason === undefined ? {} : { reason }),
      ...(tenant === undefined ? {} : { tenant }),
    };
    await this.#files.keep(state);
    const running = { state, abort: new AbortController() };
    this.#known.set(state.id, running);
    this.#begin(running);
    await this.#forgetOldest();
    return shownOf(state);
  }

  /** Newest first. @param tenant only those of this tenant */
  list(tenant: string | undefined): readonly Operation[] {
    const states = [...this.#known.values()].map(({ state }) => state);
    return states
      .filter((state) => tenant === undefined || state.tenant === tenant)
      .map(shownOf)
      .toReversed();
  }

  /** @throws JobError `not-found`, also for one of another tenant */
  get(id: string, tenant: string | undefined): Operation {
    return shownOf(this.#find(id, tenant).state);
  }

  /** What became of each job so far. @throws JobError `not-found` */
  results(id: string, tenant: string | undefined): AsyncIterable<OperationResult> {
    return this.#files.results(this.#find(id, tenant).state.id);
  }

  /** Acts on no further job. Harmless for one that has ended. @throws JobError `not-found` */
  async abort(id: string, tenant: string | undefined): Promise<Operation> {
    const running = this.#find(id, tenant);
    if (isOpen(running.state)) {
      await this.#note(running, { status: 'aborting' });
      running.abort.abort();
    }
    return shownOf(running.state);
  }

  /** Stops the work; the next process goes on with it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { abort } of this.#known.values()) abort.abort();
    await Promise.all(this.#work);
  }

  #find(id: string, tenant: string | undefined): Running {
    const running = this.#known.get(id);
    if (running !== undefined && (tenant === undefined || running.state.tenant === tenant)) return running;
    throw new JobError('not-found', `No operation has the id "${id}". The list is at /v1/operations.`, { details: { id } });
  }

  #begin(running: Running): void {
    const work = this.#turns(async () => await this.#run(running)).finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  /** Never throws: how it ended is in its state. */
  async #run(running: Running): Promise<void> {
    try {
      await this.#actUntilDone(running);
      if (this.#isClosed) return;
      await this.#note(running, { status: running.abort.signal.aborted ? 'aborted' : 'completed', endedAt: new Date().toISOString() });
    } catch (error) {
      const code = asJobError(error)?.code ?? 'internal';
      this.#log.error('operation failed', { id: running.state.id, code, error: messageOf(error) });
      const end = { status: 'failed', endedAt: new Date().toISOString(), error: { code, message: messageOf(error) } } as const;
      await this.#note(running, end).catch((cause: unknown) => this.#log.error('operation not kept', { error: messageOf(cause) }));
    }
  }

  /** While Temporal is away it rests, and then begins with the jobs that still match. */
  async #actUntilDone(running: Running): Promise<void> {
    const { signal } = running.abort;
    for (;;) {
      try {
        await this.#actOnAll(running);
        return;
      } catch (error) {
        if (asJobError(error)?.code !== 'unavailable') throw error;
        await sleep(REST_MS, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
  }

  async #actOnAll(running: Running): Promise<void> {
    const { act, filter, tenant } = running.state;
    const where = { ...filter, ...(tenant === undefined ? {} : { tenant }) };
    for await (const ids of matching(this.#jobs, act, where)) {
      for (let first = 0; first < ids.length; first += CHUNK) {
        if (running.abort.signal.aborted) return;
        await this.#actOnSome(running, ids.slice(first, first + CHUNK));
      }
    }
  }

  async #actOnSome(running: Running, ids: readonly string[]): Promise<void> {
    const limit = pLimit(ACTS_AT_ONCE);
    const results = await Promise.all(ids.map((id) => limit(async () => await this.#act(running.state, id))));
    await this.#files.addResults(running.state.id, results);
    const count = (outcome: OperationResult['outcome']): number => results.filter((result) => result.outcome === outcome).length;
    const { done, succeeded, skipped, failed } = running.state;
    await this.#note(running, {
      done: done + results.length,
      succeeded: succeeded + count('succeeded'),
      skipped: skipped + count('skipped'),
      failed: failed + count('failed'),
    });
  }

  async #act({ act, actor, reason }: KeptOperation, id: string): Promise<OperationResult> {
    const note = { actor, ...(reason === undefined ? {} : { reason }) };
    try {
      if (act === 'retry') await this.#jobs.retry(id, note);
      else if (act === 'delete') await this.#jobs.delete(id);
      else if ((await this.#jobs.cancel(id, note)) === 'already-ended')
        return { id, outcome: 'skipped', code: 'conflict', message: 'It had ended.' };
      return { id, outcome: 'succeeded' };
    } catch (error) {
      const { code, message } = asJobError(error) ?? { code: 'internal' as const, message: messageOf(error) };
      // Temporal is away: what is left would fail as well.
      if (code === 'unavailable') throw error;
      return { id, outcome: code === 'conflict' || code === 'not-found' ? 'skipped' : 'failed', code, message };
    }
  }

  async #note(running: Running, change: Partial<KeptOperation>): Promise<void> {
    running.state = { ...running.state, ...change };
    await this.#files.keep(running.state);
  }

  async #forgetOldest(): Promise<void> {
    const ended = [...this.#known.values()].filter(({ state }) => !isOpen(state));
    for (const { state } of ended.slice(0, Math.max(0, this.#known.size - KEPT))) {
      this.#known.delete(state.id);
      await this.#files.remove(state.id);
    }
  }
}

function isOpen({ status }: Operation): boolean {
  return status === 'running' || status === 'aborting';
}

function shownOf({ tenant: _tenant, ...operation }: KeptOperation): Operation {
  return operation;
}
