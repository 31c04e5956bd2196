/** Owns the looks at carriers of one client: who asks at the same time for jobs of one carrier shares a look, and one that has ended is kept for a moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobAddress } from '../../contract/carrier.ts';
import { asJobError, unknownJob } from '../../contract/errors.ts';
import type { Temporal } from '../connection.ts';
import type { EndedJob } from '../wait-for-result.ts';
import { type CarrierView, readCarrier } from './carrier-view.ts';
import { carriedJob, type ToldJob } from './carried-job.ts';

export type CarriedAddress = Required<JobAddress>;

/** Ended carriers that are kept, and for how long: they may be deleted. */
const KEPT = 50;
const KEPT_MS = 1000;
/** A carrier that goes on is looked at so often for those who wait for one of its jobs. */
const LOOK_EVERY_MS = 500;
/** Looks in a row that may fail. */
const MOST_FAILURES = 10;

interface Close {
  readonly ended: Promise<unknown>;
  readonly stop: () => void;
  waiters: number;
}

export class CarrierReads {
  readonly #temporal: Temporal;
  readonly #underWay = new Map<string, Promise<CarrierView | undefined>>();
  readonly #ended = new Map<string, { readonly view: CarrierView; readonly atMs: number }>();
  readonly #closes = new Map<string, Close>();

  private constructor(temporal: Temporal) {
    this.#temporal = temporal;
  }

  static readonly #all = new WeakMap<Temporal, CarrierReads>();

  /** Those of this connection. */
  static of(temporal: Temporal): CarrierReads {
    const reads = CarrierReads.#all.get(temporal) ?? new CarrierReads(temporal);
    CarrierReads.#all.set(temporal, reads);
    return reads;
  }

  /** How the jobs of a carrier stand; undefined when there is no workflow of this id. */
  async view(workflowId: string): Promise<CarrierView | undefined> {
    const known = this.#ended.get(workflowId);
    if (known !== undefined && performance.now() - known.atMs < KEPT_MS) return known.view;
    const underWay = this.#underWay.get(workflowId) ?? this.#look(workflowId);
    this.#underWay.set(workflowId, underWay);
    return await underWay;
  }

  async #look(workflowId: string): Promise<CarrierView | undefined> {
    try {
      const view = await readCarrier(this.#temporal, workflowId);
      if (view !== undefined && view.carrier.close !== 'open') this.#keep(workflowId, view);
      return view;
    } finally {
      this.#underWay.delete(workflowId);
    }
  }

  #keep(workflowId: string, view: CarrierView): void {
    this.#ended.delete(workflowId);
    this.#ended.set(workflowId, { view, atMs: performance.now() });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > KEPT && oldest !== undefined) this.#ended.delete(oldest);
  }

  /** The carrier is gone: what is known of it is so as well. */
  forget(workflowId: string): void {
    this.#ended.delete(workflowId);
  }

  /** One job; undefined when there is none. */
  async job({ workflowId, place }: CarriedAddress): Promise<ToldJob | undefined> {
    const view = await this.view(workflowId);
    return view === undefined ? undefined : carriedJob(view, place);
  }

  /** One job for somebody who waits for it: that the server cannot tell now passes. @throws JobError of the last try */
  async #jobOnceMore(address: CarriedAddress): Promise<ToldJob | undefined> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.job(address);
      } catch (error) {
        if (asJobError(error)?.retryable !== true || failures === MOST_FAILURES) throw error;
        await sleep(LOOK_EVERY_MS);
      }
    }
  }

  /** Waits for the end of one job. @throws JobError `not-found`; the signal's reason when it fires */
  async ended(id: string, address: CarriedAddress, signal: AbortSignal | undefined): Promise<EndedJob> {
    const close = this.#closeOf(address.workflowId);
    close.waiters += 1;
    try {
      for (;;) {
        signal?.throwIfAborted();
        await Promise.race([close.ended, sleep(LOOK_EVERY_MS, undefined, { signal })]);
        const told = await this.#jobOnceMore(address);
        if (told === undefined) throw unknownJob(id);
        const { job, ending } = told;
        if (job.close === 'completed') return { output: ending.output };
        if (job.close !== 'open') return { failure: undefined };
      }
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    } finally {
      close.waiters -= 1;
      if (close.waiters === 0) {
        this.#closes.delete(address.workflowId);
        close.stop();
      }
    }
  }

  /** One long poll for all who wait for jobs of a carrier. */
  #closeOf(workflowId: string): Close {
    const known = this.#closes.get(workflowId);
    if (known !== undefined) return known;
    const abort = new AbortController();
    const poll = this.#temporal.wait(
      `wait for job "${workflowId}"`,
      () => this.#temporal.client.workflow.getHandle(workflowId).result(),
      abort.signal,
    );
    // How it ended is told by the look that follows.
    const close: Close = { ended: poll.catch(() => sleep(LOOK_EVERY_MS)), stop: () => abort.abort(), waiters: 0 };
    this.#closes.set(workflowId, close);
    return close;
  }
}
