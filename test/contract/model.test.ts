/**
 * Sequences of commands that nobody thought of, on real jobs, beside the model of `job-model.ts`. `TEST_SEED=seed` makes the same
 * sequences again, `TEST_SEED=seed:number` one of them.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JobStatus, Priority } from '../../src/contract/index.ts';
import { connectClient } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';
import { type Added, type Command, expected, type ModelJob, newJob } from './job-model.ts';
import { OUTCOMES } from './outcomes.ts';
import { Lane, SteeredJob } from './steered-job.ts';
import type { ContractClient } from './support.ts';

const SEQUENCES = scaled(80, 2000);
const AT_ONCE = 20;
/** Of those, so many at a time have a worker of their own. */
const OWN_WORKERS = 2;
/** Looking for a shorter sequence that fails as well ends after this. */
const SHRINK_MS = 120_000;
const MADE_WITHIN_MS = scaled(300_000, 1_800_000);
/** A run of `npm test` can be made again as it was; a long one looks where none has looked before. */
const SEED = 20_251_126;

interface Sequence {
  /** `steady`: there is always a worker, which other sequences share. `own`: it has one of its own, which comes and goes. */
  readonly worker: 'steady' | 'own';
  readonly startsWithWorker: boolean;
  readonly added: Added;
  readonly commands: readonly Command[];
}

const priority = fc.constantFrom<Priority>('highest', 'high', 'normal', 'low', 'lowest');
const isIt = fc.boolean();
const report = {
  percent: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  checkpoint: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
};
const how = fc.constantFrom('plainly', 'plainly', 'for good', 'again at once', 'again later');

/** What can be done, each as often as its weight says. */
const COMMANDS: fc.WeightedArbitrary<Command>[] = [
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add'), isSameInput: isIt, isLate: isIt }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel'), isHeeded: isIt }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('runNow') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('postpone'), to: fc.constantFrom('later', 'later', 'past') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('setPriority'), priority }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retryNow') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('retry'), from: fc.constantFrom('checkpoint', 'start'), isSameInput: isIt }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('report'), ...report }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('complete'), ...report }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('fail'), how, ...report }) },
];
const WORKER_COMMANDS: fc.WeightedArbitrary<Command>[] = [
  { weight: 4, arbitrary: fc.record({ do: fc.constant('startWorker') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('stopWorker') }) },
];

const added = fc.record({
  isDelayed: isIt,
  isKeyed: isIt,
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  wait: fc.constantFrom('short', 'long'),
  priority,
});

function commandsOf(weighted: readonly fc.WeightedArbitrary<Command>[]): fc.Arbitrary<Command[]> {
  return fc.array(fc.oneof(...weighted), { minLength: 5, maxLength: 15, size: 'max' });
}

const sequence: fc.Arbitrary<Sequence> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      worker: fc.constant('steady'),
      startsWithWorker: fc.constant(true),
      added,
      commands: commandsOf(COMMANDS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      worker: fc.constant('own'),
      startsWithWorker: isIt,
      added,
      commands: commandsOf([...COMMANDS, ...WORKER_COMMANDS]),
    }),
  },
);

/** Ends whatever the commands before left. */
const END: readonly Command[] = [{ do: 'startWorker' }, { do: 'cancel', isHeeded: true }, { do: 'complete' }];

interface Numbered extends Sequence {
  readonly number: number;
}

interface Ended {
  readonly number: number;
  readonly job: SteeredJob;
  /** How often its handler is to have been called. */
  readonly calls: number;
}

interface Failure {
  readonly number: number;
  readonly error: Error;
}

/** Sequences on real jobs. The first that fails is the last. */
class Run {
  readonly statuses = new Set<JobStatus>();
  failure: Failure | undefined;
  readonly #client: ContractClient;

  constructor(client: ContractClient) {
    this.#client = client;
  }

  async all(sequences: readonly Numbered[]): Promise<void> {
    const steady = sequences.filter(({ worker }) => worker === 'steady');
    const own = sequences.filter(({ worker }) => worker === 'own');
    const lanes = Array.from({ length: OWN_WORKERS }, () => this.#lane(own, 1));
    await Promise.all([this.#lane(steady, AT_ONCE - OWN_WORKERS), ...lanes]);
  }

  /** Takes sequences off the list, `atOnce` at a time on one worker. A call after the end of a job is noticed at the latest here. */
  async #lane(waiting: Numbered[], atOnce: number): Promise<void> {
    const lane = new Lane(this.#client);
    const ended: Ended[] = [];
    const takeAll = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined && this.failure === undefined; one = waiting.shift()) {
        const { number } = one;
        await this.#one(lane, one).then(
          (end) => ended.push(end),
          (error: Error) => (this.failure ??= { number, error }),
        );
      }
    };
    await Promise.all(Array.from({ length: atOnce }, takeAll));
    await lane.stopWorker();
    for (const { number, job, calls } of ended) {
      if (job.calls !== calls) this.failure ??= { number, error: new Error(`Expected ${calls} handler calls, got ${job.calls}`) };
    }
  }

  /** Looks at the job after each command. */
  async #one(lane: Lane, { number, startsWithWorker, added, commands }: Numbered): Promise<Ended> {
    await (startsWithWorker ? lane.startWorker() : lane.stopWorker());
    const job = await SteeredJob.add(lane, added);
    let model = newJob(added, startsWithWorker);
    await job.becomes(model);
    for (const [index, next] of [...commands, ...END].entries()) {
      this.statuses.add(model.status);
      const step = `Command ${index + 1}, ${JSON.stringify(next)}, on a job that is ${model.status}`;
      model = await doStep(job, model, next).catch((error: Error) => {
        throw new Error(`${step}: ${error.message}`, { cause: error });
      });
    }
    this.statuses.add(model.status);
    return { number, job, calls: model.calls };
  }
}

async function doStep(job: SteeredJob, before: ModelJob, next: Command): Promise<ModelJob> {
  const { outcome, job: after } = expected(before, next);
  expect(await job.obey(next, before)).toBe(outcome);
  await job.becomes(after);
  return after;
}

/** What is told of a failure: the shortest sequence found that fails as well. */
async function describeFailure(client: ContractClient, seed: number, { number, error }: Failure): Promise<string> {
  const property = fc.asyncProperty(sequence, async (one) => {
    const run = new Run(client);
    await run.all([{ ...one, number }]);
    if (run.failure !== undefined) throw run.failure.error;
  });
  const path = { seed, path: String(number), unbiased: true, numRuns: 1 };
  const { counterexample, errorInstance } = await fc.check(property, { ...path, interruptAfterTimeLimit: SHRINK_MS });
  const shortest =
    counterexample === null
      ? 'On its own it did not fail again.'
      : `Shortest found that fails: ${JSON.stringify(counterexample[0])}\n${String(errorInstance)}`;
  return `Sequence ${number} failed; TEST_SEED=${seed}:${number} makes it again.\n${error.message}\n${shortest}`;
}

function readSeed(text = String(scaled(SEED, Date.now() % 2 ** 31))): { readonly seed: number; readonly only: number | undefined } {
  const [seed = 0, only] = text.split(':').map(Number);
  return { seed, only };
}

test(
  `a job does what its model says: ${SEQUENCES} sequences of commands, ${AT_ONCE} at a time`,
  async () => {
    const { seed, only } = readSeed(process.env['TEST_SEED']);
    console.log(`TEST_SEED=${seed}`);
    const sequences = fc
      .sample(sequence, { seed, unbiased: true, numRuns: Math.max(SEQUENCES, (only ?? 0) + 1) })
      .map((one, number) => ({ ...one, number }));
    const client = await connectClient();
    const run = new Run(client);
    await run.all(sequences.filter(({ number }) => only === undefined || number === only));
    if (run.failure !== undefined) throw new Error(await describeFailure(client, seed, run.failure));
    const wanted = only === undefined ? OUTCOMES.map(({ status }) => status) : [];
    expect([...run.statuses]).toEqual(expect.arrayContaining(wanted));
  },
  MADE_WITHIN_MS + SHRINK_MS + 60_000,
);
