/**
 * Owns the workflow that carries many jobs of one type. What it does follows from how its jobs stand, which the reducer of
 * `contract/carrier.ts` says: those that wait go out in chunks, those that need a call of their own get it, and it ends when they have.
 */
import {
  CancellationScope,
  CancelledFailure,
  defineSignal,
  proxySinks,
  setHandler,
  type Sinks,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { bitWords } from '../contract/carried-bits.ts';
import { stateOfNewCall } from '../contract/attempts.ts';
import {
  apply,
  asCancelJobs,
  asOutcomes,
  CANCEL_JOBS,
  type CarriedInput,
  type CarriedJob,
  type CarrierMessage,
  type CarrierResult,
  type CarrierState,
  type ChunkCall,
  type ChunkResult,
  chunkType,
  endsOf,
  newCarrier,
  OUTCOMES,
  resultOf,
} from '../contract/carrier.ts';
import { JobError } from '../contract/errors.ts';
import { type CancelSinks, JOBS_ATTRIBUTE, readRunOptions, type RunOptions } from '../contract/messages.ts';
import { endOfCall, isCancelled } from './end-of-call.ts';
import { failOnJobError, failureOfCall, jobFailure } from './failure.ts';
import { runStep } from './run-step.ts';
import { showView } from './view.ts';

const JOBS_KEY = { name: JOBS_ATTRIBUTE, type: 'KEYWORD_LIST' } as const;
const outcomesSignal = defineSignal<[unknown]>(OUTCOMES);
const cancelSignal = defineSignal<[unknown]>(CANCEL_JOBS);
const { holdfast } = proxySinks<CancelSinks & Sinks>();

/** Chunks that are out at the same time: what one worker did not begin in its turn, others may. */
const WINDOW = 4;
const FIRST_TURN_MS = 2000;
/** Each time jobs come back, the next turn is longer: a long carrier makes few chunks. */
const TURN_GROWTH = 2;
const LONGEST_TURN_MS = 600_000;

/** The workflow of many jobs: `inputs` are theirs, in the order of their places. */
export async function carryJobs(inputs: unknown, options: RunOptions): Promise<CarrierResult> {
  const checked = failOnJobError(() => readRunOptions(options));
  if (!Array.isArray(inputs) || inputs.length !== checked.carries)
    throw jobFailure(new JobError('invalid-input', `Expected the inputs of ${checked.carries ?? 0} jobs.`));
  return await new Carrier(inputs as readonly CarriedInput[], checked).run();
}

class Carrier {
  readonly #inputs: readonly CarriedInput[];
  readonly #options: RunOptions;
  readonly #collects: RunOptions['collects'];
  readonly #type = workflowInfo().workflowType;
  #state: CarrierState;
  /** Chunks that are out, and the calls of single jobs: how to cancel them. */
  readonly #chunks = new Map<CancellationScope, readonly number[]>();
  readonly #calls = new Map<number, CancellationScope>();
  /** Jobs that wait for a chunk, by the turn it is going to have. */
  #waiting: { jobs: readonly number[]; turnMs: number }[] = [];
  #chunksMade = 0;
  #wake: () => void = () => undefined;

  constructor(inputs: readonly CarriedInput[], { carries: _carries, collects, ...options }: RunOptions) {
    this.#collects = collects;
    this.#inputs = inputs;
    this.#options = options;
    this.#state = newCarrier(inputs.length);
    this.#waiting.push({ jobs: [...inputs.keys()], turnMs: FIRST_TURN_MS });
  }

  async run(): Promise<CarrierResult> {
    const root = CancellationScope.current();
    this.#listen(root);
    while (this.#isOpen()) {
      this.#launchChunks();
      this.#launchCalls();
      // Not `condition`: a cancel of the whole workflow would end it before its jobs have ended.
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const result = resultOf(this.#state);
    if (result.failed + result.cancelled > 0) this.#index(result);
    if (root.consideredCancelled) throw new CancelledFailure('The jobs were cancelled.');
    return this.#collects === undefined ? result : { ...result, ends: endsOf(this.#state) };
  }

  /** Lets the server's index count the jobs that have not completed. */
  #index({ failed, cancelled }: CarrierResult): void {
    const words = [...bitWords('all', this.#inputs.length), ...bitWords('failed', failed), ...bitWords('cancelled', cancelled)];
    upsertSearchAttributes([{ key: JOBS_KEY, value: words }]);
  }

  #listen(root: CancellationScope): void {
    setHandler(outcomesSignal, (value) => this.#take({ kind: 'outcomes', outcomes: asOutcomes(value) ?? [] }));
    setHandler(cancelSignal, (value) => this.#cancel(asCancelJobs(value)?.jobs ?? []));
    void root.cancelRequested.catch(() => this.#cancel('all'));
    showView({
      status: 'processing',
      overall: () => ({ percent: (100 * this.#state.filter(({ phase }) => phase === 'ended').length) / this.#state.length }),
      report: () => undefined,
    });
  }

  #isOpen(): boolean {
    return this.#state.some(({ phase }) => phase !== 'ended');
  }

  #take(message: CarrierMessage): void {
    this.#state = apply(this.#state, message);
    if (this.#collects === 'cancel-rest' && hasFailed(message)) this.#cancel('all');
    this.#wake();
  }

  #cancel(jobs: readonly number[] | 'all'): void {
    const places = jobs === 'all' ? [...this.#state.keys()] : jobs;
    const isNew = (place: number): boolean => {
      const job = this.#state[place];
      return job !== undefined && job.phase !== 'ended' && job.cancel === undefined;
    };
    const fresh = new Set(places.filter(isNew));
    this.#take({ kind: 'cancel', jobs: [...fresh], word: { atMs: Date.now() } });
    for (const place of fresh) this.#calls.get(place)?.cancel();
    // The worker of a chunk asks which jobs are meant; one in this process hears of them at once.
    if (!workflowInfo().unsafe.isReplaying) for (const place of fresh) holdfast.cancelled(String(place));
    for (const [scope, chunk] of this.#chunks) if (chunk.some((place) => fresh.has(place))) scope.cancel();
  }

  /** Sends out what waits: the first time as one chunk, later as so many as there is room for. */
  #launchChunks(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { jobs: all, turnMs } of waiting) {
      const jobs = all.filter((place) => this.#state[place]?.phase === 'waiting');
      if (jobs.length === 0) continue;
      const pieces = turnMs === FIRST_TURN_MS ? 1 : Math.min(jobs.length, Math.max(1, WINDOW - this.#chunks.size));
      for (const piece of split(jobs, pieces)) void this.#runChunk(piece, turnMs);
    }
  }

  async #runChunk(jobs: readonly number[], turnMs: number): Promise<void> {
    const { timeoutMs, ...options } = this.#options;
    const call: ChunkCall = {
      jobs: jobs.map((place) => ({ place, ...this.#inputs[place] })),
      turnMs,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
    const activityId = `chunk-${this.#chunksMade}`;
    this.#chunksMade += 1;
    const scope = new CancellationScope();
    this.#chunks.set(scope, jobs);
    this.#state = apply(this.#state, { kind: 'chunk-out', jobs });
    let error: unknown;
    try {
      // The time limit is that of its jobs.
      const { output } = await scope.run(() => runStep({ type: chunkType(this.#type), input: call, options, place: { activityId } }));
      this.#take({ kind: 'outcomes', outcomes: (output as ChunkResult).outcomes });
    } catch (failure) {
      error = failure;
    }
    this.#chunks.delete(scope);
    const isOver = error !== undefined && !isCancelled(error);
    this.#take({ kind: 'chunk-over', jobs, atMs: Date.now(), ...(isOver ? { error: failureOfCall(error) } : {}) });
    const rest = jobs.filter((place) => this.#state[place]?.phase === 'waiting');
    if (rest.length > 0) this.#waiting.push({ jobs: rest, turnMs: Math.min(LONGEST_TURN_MS, turnMs * TURN_GROWTH) });
    this.#wake();
  }

  #launchCalls(): void {
    for (const [place, job] of this.#state.entries()) {
      if (job.phase === 'own' && !this.#calls.has(place)) void this.#runCall(place, job);
    }
  }

  async #runCall(place: number, { before, cancel }: Extract<CarriedJob, { phase: 'own' }>): Promise<void> {
    const scope = new CancellationScope();
    if (cancel !== undefined) scope.cancel();
    this.#calls.set(place, scope);
    const options: RunOptions = {
      ...this.#options,
      carried: place,
      ...(before.state === undefined ? {} : { before: { state: stateOfNewCall(before.state), dueMs: before.dueMs } }),
    };
    const step = { type: this.#type, input: this.#inputs[place]?.input, options, place: { activityId: String(place) } };
    const outcome = await endOfCall(
      place,
      scope.run(() => runStep(step)),
    );
    this.#take({ kind: 'outcomes', outcomes: [outcome] });
  }
}

function split(jobs: readonly number[], pieces: number): (readonly number[])[] {
  const size = Math.ceil(jobs.length / pieces);
  return Array.from({ length: Math.ceil(jobs.length / size) }, (_none, index) => jobs.slice(index * size, (index + 1) * size));
}

function hasFailed(message: CarrierMessage): boolean {
  return message.kind === 'outcomes' && message.outcomes.some(({ end }) => end === 'failed');
}
