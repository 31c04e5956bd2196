/** Owns one real job on a queue of its own, whose handler and worker do what commands say, and what every look at it must keep to. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { JobHandle } from '../../src/client.ts';
import { type AddOptions, isTerminal, type JobSnapshot } from '../../src/contract/index.ts';
import { handle, type HandlerContext, NonRetryable, RetryAfter } from '../../src/worker.ts';
import { eventually, type RunningWorker, startWorker } from '../support/jobs.ts';
import type { Added, Command, ModelJob } from './job-model.ts';
import { type ContractClient, contractOf } from './support.ts';

/** Longer than the test. */
const LONG = '1h';
const SETTLED_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 25;

/** One call of the handler: it goes on until it is told how to end. */
interface Call {
  readonly input: unknown;
  readonly context: HandlerContext;
  readonly complete: () => void;
  readonly fail: (error: unknown) => void;
  /** Whether it ends when its signal fires. */
  isHeedful: boolean;
}

/** A queue and its only worker. */
export class Lane {
  readonly client: ContractClient;
  readonly contract = contractOf({ name: `model-${randomUUID()}`, retry: { initialInterval: LONG } });
  readonly #calls = new Map<string, Call[]>();
  #worker: Promise<RunningWorker> | undefined;

  constructor(client: ContractClient) {
    this.client = client;
  }

  get hasWorker(): boolean {
    return this.#worker !== undefined;
  }

  async startWorker(): Promise<void> {
    const jobs = [handle(this.contract, (input, context) => this.#run(input, context))];
    await (this.#worker ??= startWorker({ jobs, shutdownGrace: 10, concurrency: 100 }));
  }

  async stopWorker(): Promise<void> {
    const worker = await this.#worker;
    this.#worker = undefined;
    await worker?.stop();
  }

  callsOf(id: string): readonly Call[] {
    return this.#calls.get(id) ?? [];
  }

  #run(input: unknown, context: HandlerContext): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call: Call = { input, context, complete: () => resolve('done'), fail: reject, isHeedful: true };
      context.signal.addEventListener('abort', () => {
        if (call.isHeedful) reject(context.signal.reason as Error);
      });
      this.#calls.set(context.jobId, [...this.callsOf(context.jobId), call]);
    });
  }
}

/** The job of one sequence. */
export class SteeredJob {
  readonly #lane: Lane;
  readonly #options: AddOptions;
  readonly #handle: JobHandle;
  #seen: JobSnapshot | undefined;

  private constructor(lane: Lane, options: AddOptions, job: JobHandle) {
    this.#lane = lane;
    this.#options = options;
    this.#handle = job;
  }

  static async add(lane: Lane, { isDelayed, isKeyed, maxAttempts, wait, priority }: Added): Promise<SteeredJob> {
    const options: AddOptions = {
      maxAttempts,
      priority,
      ...(isKeyed ? { dedupeKey: randomUUID() } : {}),
      ...(wait === 'short' ? { retry: { initialInterval: 1 } } : {}),
    };
    const job = await lane.client.add(lane.contract, 1, { ...options, ...(isDelayed ? { delay: LONG } : {}) });
    return new SteeredJob(lane, options, job);
  }

  get calls(): number {
    return this.#lane.callsOf(this.#handle.id).length;
  }

  /** Does it, and says what came of it: undefined for what the handler and the worker do. `before`: the job as it is. */
  async obey(command: Command, before: ModelJob): Promise<string | undefined> {
    switch (command.do) {
      case 'startWorker':
        await this.#lane.startWorker();
        return undefined;
      case 'stopWorker':
        await this.#stopWorker(before);
        return undefined;
      case 'report':
      case 'complete':
      case 'fail':
        this.#steer(command);
        return undefined;
      default:
        return await outcomeOf(() => this.#act(command, before));
    }
  }

  /** Waits until the job is as the model has it. @throws when it does not come to that, and as soon as a snapshot breaks a rule */
  async becomes(model: ModelJob): Promise<void> {
    const wanted = viewOf(model);
    const giveUpAt = Date.now() + SETTLED_WITHIN_MS;
    for (;;) {
      const found = await this.#look(model);
      if (isDeepStrictEqual(found, wanted)) return;
      if (Date.now() > giveUpAt) throw new Error(`Expected the job to become ${show(wanted)}, it is ${show(found)}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** What the model tells of a job, of the real one. */
  async #look(model: ModelJob): Promise<View> {
    const snapshot = await this.#handle.get();
    if (this.#seen !== undefined) checkOrder(this.#seen, snapshot);
    if (snapshot.run > model.run) throw new Error(`Expected run ${model.run} to be the newest, there is run ${snapshot.run}`);
    this.#seen = snapshot;
    const { status, run, input, priority, attempt, maxAttempts, checkpoint, attempts, actions = [] } = snapshot;
    const last = this.#lane.callsOf(this.#handle.id).at(-1);
    return {
      status,
      run,
      input,
      priority,
      attempt,
      maxAttempts,
      percent: snapshot.progress?.percent,
      checkpoint,
      failures: attempts.filter(({ outcome }) => outcome === 'failed').length,
      shutdowns: attempts.filter(({ outcome }) => outcome === 'shutdown').length,
      actions: actions.map(({ action }) => action),
      calls: this.calls,
      call:
        status === 'processing' ? { input: last?.input, attempt: last?.context.attempt, found: last?.context.lastCheckpoint } : undefined,
    };
  }

  async #stopWorker({ status }: ModelJob): Promise<void> {
    const last = this.#lane.callsOf(this.#handle.id).at(-1);
    if (status === 'cancelling' && this.#lane.hasWorker) {
      last?.fail(new Error('told to end'));
      await this.#handle.result().catch(() => undefined);
    }
    await this.#lane.stopWorker();
  }

  #steer(command: Extract<Command, { readonly do: 'report' | 'complete' | 'fail' }>): void {
    const call = this.#lane.callsOf(this.#handle.id).at(-1);
    if (command.percent !== undefined) call?.context.progress(command.percent);
    if (command.checkpoint !== undefined) call?.context.checkpoint(command.checkpoint);
    if (command.do === 'complete') call?.complete();
    if (command.do === 'fail') call?.fail(ERRORS[command.how]());
  }

  async #act(command: Action, { input, status }: ModelJob): Promise<string> {
    const job = this.#handle;
    switch (command.do) {
      case 'add':
        return await this.#addAgain(command, input);
      case 'cancel': {
        const last = this.#lane.callsOf(job.id).at(-1);
        if (last !== undefined && status === 'processing') last.isHeedful = command.isHeeded;
        const outcome = await job.cancel();
        // What a handler does before it is told counts as if nobody had asked.
        if (last !== undefined && status === 'processing') await eventually('the signal', () => last.context.signal.aborted);
        return outcome;
      }
      case 'postpone':
        await job.postpone(command.to === 'later' ? { delay: '2h' } : { until: new Date(0) });
        return 'done';
      case 'setPriority':
        await job.setPriority(command.priority);
        return 'done';
      case 'retry':
        await job.retry({ from: command.from, ...(command.isSameInput ? {} : { input: input + 1 }) });
        return 'new run';
      default:
        await job[command.do]();
        return 'done';
    }
  }

  async #addAgain({ isSameInput, isLate }: Extract<Command, { readonly do: 'add' }>, input: number): Promise<string> {
    const isKeyed = this.#options.dedupeKey !== undefined;
    const { id, deduplicated } = await this.#lane.client.add(this.#lane.contract, isSameInput ? input : input + 1, {
      ...this.#options,
      ...(isKeyed ? {} : { delay: LONG }),
      ...(isKeyed && isLate ? { dedupeWindow: 0 } : {}),
    });
    if (id !== this.#handle.id) return 'another job';
    return deduplicated ? 'same job' : 'new job';
  }
}

type Action = Exclude<Command, { readonly do: 'startWorker' | 'stopWorker' | 'report' | 'complete' | 'fail' }>;

const ERRORS: Readonly<Record<Extract<Command, { readonly do: 'fail' }>['how'], () => Error>> = {
  plainly: () => new Error('broken'),
  'for good': () => new NonRetryable('there is no such thing'),
  'again at once': () => new RetryAfter(0),
  'again later': () => new RetryAfter(LONG),
};

/** What is compared. */
type View = Readonly<Record<string, unknown>>;

function viewOf(model: ModelJob): View {
  const { added, hasWorker: _hasWorker, kept: _kept, found, ...shown } = model;
  const { status, input, attempt } = model;
  return { ...shown, maxAttempts: added.maxAttempts, call: status === 'processing' ? { input, attempt, found } : undefined };
}

/** What holds for any two snapshots of a job, the one after the other. */
function checkOrder(before: JobSnapshot, after: JobSnapshot): void {
  const rules: readonly (readonly [string, boolean])[] = [
    ['the version does not go down', after.version >= before.version],
    ['the run does not go down', after.run >= before.run],
    ['no attempt is above maxAttempts', after.attempt <= after.maxAttempts],
    ['a run has one id, and each has its own', (after.run === before.run) === (after.runId === before.runId)],
    ...(after.run === before.run ? rulesOfARun(before, after) : []),
  ];
  for (const [rule, isKept] of rules) {
    if (!isKept) throw new Error(`Expected that ${rule}: ${show(before)} was followed by ${show(after)}`);
  }
}

function rulesOfARun(before: JobSnapshot, after: JobSnapshot): readonly (readonly [string, boolean])[] {
  return [
    ['a terminal status does not change', !isTerminal(before.status) || after.status === before.status],
    ['progress does not go down within a run', (after.progress?.percent ?? 0) >= (before.progress?.percent ?? 0)],
    ['the attempt does not go down within a run', after.attempt >= before.attempt],
  ];
}

function show(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => (part === undefined || key === 'stack' ? null : part));
}

async function outcomeOf(call: () => Promise<string>): Promise<string> {
  try {
    return await call();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code === 'string') return code;
    throw error;
  }
}
