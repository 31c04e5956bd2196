/**
 * Owns what the body of a multi-step job can do: run steps, start child jobs, report progress, register clean-up.
 *
 * 1. Progress is: what ended steps and `progress()` add up to, plus each running step's share of its own progress.
 * 2. The first part and the shares stand in the memo, so that a reader with no worker up can add them to the heartbeat
 *    details of the running steps. One memo event for all changes of a workflow task.
 * 3. Clean-up runs last, newest first, and is not stopped by a cancel.
 */
import { CancellationScope, isCancellation, upsertMemo, workflowInfo } from '@temporalio/workflow';
import type { JobContract, OutputOf } from '../contract/define-job.ts';
import type { InputOf } from '../contract/define-job.ts';
import { type Duration, toMs } from '../contract/duration.ts';
import {
  readRunOptions,
  type ResultEnvelope,
  type RunOptions,
  STEPS_MEMO_KEY,
  type StepMemo,
  type StepsMemo,
} from '../contract/messages.ts';
import { checkKeys, invalidOption } from '../contract/options.ts';
import { checkPayload } from '../contract/payload.ts';
import { nextProgress, type Progress, type ProgressCount } from '../contract/progress.ts';
import { type RetryOptions, retryRule } from '../contract/retry.ts';
import type { JobFailure } from '../contract/snapshot.ts';
import { checkChildrenOptions, type ChildrenOptions, outputOfChild, runChildren, type SettledChild } from './children.ts';
import { stepFailure } from './failure.ts';
import type { Orders } from './orders.ts';
import { runStep } from './run-step.ts';
import type { View } from './view.ts';

export interface StepRunOptions {
  /** Part of the job's progress that this step is, 0–1. @default 0 */
  readonly share?: number;
  /** What the step works on, for people: shown beside its progress. At most 200 characters are kept. */
  readonly label?: string;
  /** @default the step contract's own */
  readonly retry?: RetryOptions;
  /** @default the step contract's own */
  readonly timeout?: Duration;
  /** As in a contract. Give it here as well for a step whose contract has its own: workflow code does not know contracts. @default '5s' */
  readonly heartbeat?: Duration;
  /** Queue whose workers run the step. @default the job's own */
  readonly queue?: string;
}

export interface ChildOptions {
  /** @default the job's own queue */
  readonly queue?: string;
}

/** How a step ended, and the attempts it took. */
export type SettledStep<Output> =
  | { readonly status: 'completed'; readonly attempts: number; readonly output: Output }
  | { readonly status: 'failed'; readonly attempts: number; readonly error: JobFailure };

/** What the body of a multi-step job is given. */
export interface JobScope {
  readonly jobId: string;
  /**
   * Runs the handler of another contract as a step of this job, with that contract's retry and timeout, and gives its output.
   * @example const page = await job.run<typeof fetchPage>('fetch-page', { url }, { share: 0.5 });
   */
  readonly run: <C extends JobContract>(name: C['name'], input: InputOf<C>, options?: StepRunOptions) => Promise<OutputOf<C>>;
  /**
   * Like `run`, but a step that fails for good does not end the job: how it ended is the answer. A cancel is still thrown.
   * @example const pages = await Promise.all(urls.map((url) => job.settle<typeof fetchPage>('fetch-page', { url })));
   */
  readonly settle: <C extends JobContract>(
    name: C['name'],
    input: InputOf<C>,
    options?: StepRunOptions,
  ) => Promise<SettledStep<OutputOf<C>>>;
  /** Runs a job of its own, with its own id and record, and gives its output. A cancel of this job reaches it. */
  readonly child: <C extends JobContract>(name: C['name'], input: InputOf<C>, options?: ChildOptions) => Promise<OutputOf<C>>;
  /**
   * Runs a job of its own for each input, and gives how each ended, in their order. What a child that fails means to the others has to be
   * said. A cancel of this job reaches them.
   * @example const ends = await job.children<typeof indexPage>('index-page', pages, { onFailure: 'collect' });
   */
  readonly children: <C extends JobContract>(
    name: C['name'],
    inputs: readonly InputOf<C>[],
    options: ChildrenOptions,
  ) => Promise<readonly SettledChild<OutputOf<C>>[]>;
  /** Sets the progress of the job itself, 0–100 or a count. Steps with a `share` add to it. */
  readonly progress: (report: number | ProgressCount, message?: string) => void;
  /** Says what is being done, without changing the percentage. */
  readonly say: (message: string) => void;
  /** Registers work to do when the body has ended in any way, a cancel included. Steps in it are retried like others. */
  readonly cleanUp: (work: () => Promise<unknown>) => void;
}

const MAX_LABEL_LENGTH = 200;
const STEP_OPTION_KEYS = ['share', 'label', 'retry', 'timeout', 'heartbeat', 'queue'];

export class Job implements JobScope, View {
  status: View['status'] = 'processing';
  readonly jobId = workflowInfo().workflowId;
  #own: Progress = { percent: 0 };
  #shown = 0;
  #memoIsDue = false;
  readonly #orders: Orders;
  readonly #steps: Promise<unknown>[] = [];
  readonly #children: Promise<unknown>[] = [];
  #childrenMade = 0;
  readonly #running = new Map<string, StepMemo>();
  readonly #reports = new Map<string, Progress>();
  readonly #cleanUps: (() => Promise<unknown>)[] = [];

  constructor(orders: Orders) {
    this.#orders = orders;
  }

  run<C extends JobContract>(name: C['name'], input: InputOf<C>, options?: StepRunOptions): Promise<OutputOf<C>> {
    return observed(this.#runStep(name, input, options).then(({ output }) => output as OutputOf<C>));
  }

  settle<C extends JobContract>(name: C['name'], input: InputOf<C>, options?: StepRunOptions): Promise<SettledStep<OutputOf<C>>> {
    return observed(this.#settle<C>(this.#runStep(name, input, options)));
  }

  child<C extends JobContract>(name: C['name'], input: InputOf<C>, options?: ChildOptions): Promise<OutputOf<C>> {
    const child = observed(this.#runChild(name, input, options));
    this.#children.push(child);
    return child;
  }

  children<C extends JobContract>(
    name: C['name'],
    inputs: readonly InputOf<C>[],
    options: ChildrenOptions,
  ): Promise<readonly SettledChild<OutputOf<C>>[]> {
    const children = observed(this.#runChildren(name, inputs, options));
    this.#children.push(children);
    return children;
  }

  async #runChildren(name: string, inputs: readonly unknown[], options: ChildrenOptions): Promise<readonly SettledChild<unknown>[]> {
    checkChildrenOptions(options, inputs.length);
    return await runChildren({ name, inputs, options, nextId: () => this.#nextChildId() });
  }

  /** Children are numbered as they are started. */
  #nextChildId(): string {
    this.#childrenMade += 1;
    return `${this.jobId}.${this.#childrenMade}`;
  }

  async #settle<C extends JobContract>(step: Promise<ResultEnvelope>): Promise<SettledStep<OutputOf<C>>> {
    try {
      const { output, state } = await step;
      return { status: 'completed', attempts: state.failures + 1, output: output as OutputOf<C> };
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { attempts, error: why } = stepFailure(error);
      return { status: 'failed', attempts, error: why };
    }
  }

  async #runChild(name: string, input: unknown, options: ChildOptions = {}): Promise<unknown> {
    checkKeys(options, ['queue'], 'child options');
    checkPayload(input, `input of "${name}"`);
    return await outputOfChild(name, input, { id: this.#nextChildId(), ...options });
  }

  progress(report: number | ProgressCount, message?: string): void {
    this.#own = nextProgress(this.#own, report, message);
    this.#writeMemo();
  }

  say(message: string): void {
    this.#own = nextProgress(this.#own, this.#own.percent, message);
    this.#writeMemo();
  }

  overall(): Progress {
    const ofSteps = [...this.#running].reduce((sum, [id, step]) => sum + (step.percent * (this.#reports.get(id)?.percent ?? 0)) / 100, 0);
    this.#shown = Math.max(this.#shown, Math.min(100, this.#own.percent + ofSteps));
    return { ...this.#own, percent: this.#shown };
  }

  report({ step, progress }: { step: string; progress: Progress }): void {
    if (this.#running.has(step)) this.#reports.set(step, progress);
  }

  cleanUp(work: () => Promise<unknown>): void {
    this.#cleanUps.push(work);
  }

  /** Resolves when no step and no child runs any more, however each ended. */
  async stepsEnded(): Promise<void> {
    await Promise.allSettled([...this.#steps, ...this.#children]);
  }

  /** Runs the registered clean-up, newest first, and gives how each ended. One that fails for good does not keep the others from running. */
  async runCleanUps(): Promise<readonly PromiseSettledResult<unknown>[]> {
    const ends: PromiseSettledResult<unknown>[] = [];
    for (const work of this.#cleanUps.toReversed()) {
      ends.push(...(await Promise.allSettled([CancellationScope.nonCancellable(work)])));
    }
    return ends;
  }

  async #runStep(name: string, input: unknown, options: StepRunOptions = {}): Promise<ResultEnvelope> {
    checkKeys(options, STEP_OPTION_KEYS, 'step options');
    const id = `step-${this.#steps.length + 1}`;
    const { share = 0, label } = options;
    if (!(share >= 0 && share <= 1)) throw invalidOption('share', 'a number from 0 to 1', share);
    checkPayload(input, `input of "${name}"`);
    const percent = share * 100;
    this.#running.set(id, { percent, ...(label === undefined ? {} : { label: label.slice(0, MAX_LABEL_LENGTH) }) });
    this.#writeMemo();
    try {
      const place = { activityId: id, ...(options.queue === undefined ? {} : { queue: options.queue }) };
      const step = runStep({ type: name, input, options: stepRunOptions(options), place, hasPriority: this.#orders.hasPriority });
      this.#steps.push(step);
      return await step;
    } finally {
      this.#running.delete(id);
      this.#reports.delete(id);
      this.#own = { ...this.#own, percent: Math.min(100, this.#own.percent + percent) };
      this.#writeMemo();
    }
  }

  #writeMemo(): void {
    if (this.#memoIsDue) return;
    this.#memoIsDue = true;
    void Promise.resolve().then(() => {
      this.#memoIsDue = false;
      const { percent, message } = this.#own;
      const steps: StepsMemo = { percent, ...(message === undefined ? {} : { message }), running: Object.fromEntries(this.#running) };
      upsertMemo({ [STEPS_MEMO_KEY]: steps });
    });
  }
}

/** A body may leave a step alone that fails later: an unhandled rejection would be no end of the job, but a retry for ever. */
function observed<T>(work: Promise<T>): Promise<T> {
  void work.catch(() => undefined);
  return work;
}

/** What the body gets. Its functions may be taken out of it: `async (input, { run }) => …`. */
export function scopeOf(job: Job): JobScope {
  return {
    jobId: job.jobId,
    run: (name, input, options) => job.run(name, input, options),
    settle: (name, input, options) => job.settle(name, input, options),
    child: (name, input, options) => job.child(name, input, options),
    children: (name, inputs, options) => job.children(name, inputs, options),
    progress: (report, message) => job.progress(report, message),
    say: (message) => job.say(message),
    cleanUp: (work) => job.cleanUp(work),
  };
}

function stepRunOptions({ retry, timeout, heartbeat }: StepRunOptions): RunOptions {
  return readRunOptions({
    ...(retry === undefined ? {} : { retry: retryRule(retry) }),
    ...(timeout === undefined ? {} : { timeoutMs: toMs(timeout, 'timeout') }),
    ...(heartbeat === undefined ? {} : { heartbeatMs: toMs(heartbeat, 'heartbeat') }),
  });
}
