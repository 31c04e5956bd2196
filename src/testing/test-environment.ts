/**
 * Owns a whole system for one test: the time-skipping server, a worker with the test's handlers, a client, and the clock.
 *
 * 1. While somebody waits for a result or skips time, and no handler runs, the server's clock jumps. Otherwise it goes as
 *    every clock does. It never goes back, so it runs ahead of `Date.now()`.
 * 2. A handler's timeout and everything else in a handler go by the machine's clock.
 * 3. What the server cannot do: `list` and `count` fail with `internal` (the server says "unimplemented"), priorities are
 *    dropped, and a job between two attempts or one whose cancel was asked for is shown as `processing`.
 */
import type { JobDeclaration } from '../activities/handle.ts';
import { HandlerLimit } from '../activities/handler-limit.ts';
import { HandlerRegistry } from '../activities/handler-registry.ts';
import { JobClient } from '../client.ts';
import { type Duration, toMs } from '../contract/duration.ts';
import { JobError, unknownJob } from '../contract/errors.ts';
import { checkConcurrency, checkKeys } from '../contract/options.ts';
import { jsonLog, type Log } from '../log.ts';
import { temporalOver } from '../temporal/connection.ts';
import { registerAttributes } from '../temporal/search-attributes.ts';
import { installRuntime } from '../worker/runtime.ts';
import { type JobWorker, startWorker } from '../worker.ts';
import { AttemptStarts } from './attempt-starts.ts';
import { Clock } from './clock.ts';
import { SteppingClient } from './stepping-client.ts';
import { startTestServer, type TestServer } from './test-server.ts';

export interface TestEnvironmentOptions {
  /** The job types under test: `handle(contract, handler)` and `multiStep(contract)`. Their queues are served. */
  readonly jobs: readonly JobDeclaration[];
  /** File with `export default jobWorkflows(…)`, when there are multi-step jobs. Bundled at start, about 2 s. */
  readonly workflows?: string | URL;
  /** Handlers per queue that run at the same time, 1–10 000. @default 5 */
  readonly concurrency?: number;
  /** @default none: a test that makes attempts fail is not told so */
  readonly log?: Log;
}

/** The clock of the test server. */
export interface TestClock {
  /** Milliseconds since 1970. Ahead of `Date.now()` once time was skipped. */
  now(): Promise<number>;
  /** Moves the clock on by this much. What falls due on the way happens in its order; a handler that runs is waited for. */
  skip(duration: Duration): Promise<void>;
}

export interface TestEnvironment extends AsyncDisposable {
  /** Adds, reads and cancels jobs. Waiting for a result skips the time until then. */
  readonly jobs: JobClient;
  readonly time: TestClock;
  /**
   * When the handler of a job was called, once per attempt: milliseconds after the job was added, by the server's clock.
   * A job that fails twice gives about `[0, 1000, 3000]`.
   * @param type only calls for this step of a multi-step job. @default all of them
   * @throws JobError `not-found`
   */
  attemptTimes(jobId: string, type?: string): Promise<number[]>;
  /** Ends worker and server; open jobs are gone with them. May be called twice. */
  close(): Promise<void>;
}

const OPTION_KEYS = ['jobs', 'workflows', 'concurrency', 'log'];
/** The one that this server has. */
const NAMESPACE = 'default';

/**
 * A system of its own for a test: hours between two attempts take milliseconds. One for a test file is enough, as long as
 * its tests run one after another: they share the clock. The first one on a machine downloads the server, once.
 * @throws JobError `invalid-options`, `invalid-contract`, `invalid-config`, `binary-missing`, `server-failed`
 * @example
 * const environment = await testEnvironment({ jobs: [handle(sendEmail, send)] });
 * const job = await environment.jobs.add(sendEmail, { to: 'a@b.example', subject: 'Hi' }, { delay: '1h' });
 * await job.result();
 * await environment.close();
 */
export async function testEnvironment(options: TestEnvironmentOptions): Promise<TestEnvironment> {
  checkKeys(options, OPTION_KEYS, 'test environment options');
  const { jobs, log = jsonLog('silent') } = options;
  const concurrency = checkConcurrency(options.concurrency);
  const queues = new Set(new HandlerRegistry(jobs).contracts.map(({ queue }) => queue));
  if (queues.size === 0)
    throw new JobError('invalid-options', 'A test environment needs at least one job. Give it jobs: [handle(contract, handler)].');
  installRuntime(log, { nativeLevel: 'ERROR' });
  const server = await startTestServer();
  const clock = new Clock(server);
  const temporal = temporalOver(new SteppingClient(server.connection, clock), { address: server.address, namespace: NAMESPACE });
  const starts = new AttemptStarts(clock);
  try {
    // This server keeps the id of a job that it refuses because it does not know its attributes, so a second try would be a conflict.
    await registerAttributes(temporal);
    const worker = await startWorker({
      registry: new HandlerRegistry(jobs.map((job) => starts.noted(job))),
      limits: new Map([...queues].map((queue) => [queue, new HandlerLimit(concurrency)])),
      server: temporal.server,
      log,
      workflows: options.workflows,
      shutdownGraceMs: 0,
      // Ctrl-C is the test runner's.
      signals: [],
      // This server forgets what it was told of an attempt that fails, except by heartbeats that were really sent.
      throttleMs: 1,
      // It would run ahead of the statistics, whose minutes are the server's.
      hasStatistics: false,
      // A handler that ends before this server has heard of the cancel from the workflow stops its clock for good: it then
      // refuses the workflow's command (ACTIVITY_UNKNOWN), and keeps the lock of that task.
      hasCancelNotices: false,
    });
    return new RunningEnvironment(JobClient.over(temporal), { server, worker, clock, starts });
  } catch (error) {
    await server.close();
    throw error;
  }
}

interface Parts {
  readonly server: TestServer;
  readonly worker: JobWorker;
  readonly clock: Clock;
  readonly starts: AttemptStarts;
}

class RunningEnvironment implements TestEnvironment {
  readonly jobs: JobClient;
  readonly time: TestClock;
  readonly #parts: Parts;
  readonly #running: Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(jobs: JobClient, parts: Parts) {
    const { clock, worker } = parts;
    this.jobs = jobs;
    this.#parts = parts;
    this.#running = worker.run();
    // Awaited by close; until then its failure shows in the test's own calls.
    this.#running.catch(() => undefined);
    this.time = { now: clock.now, skip: async (duration) => await clock.skip(toMs(duration, 'duration')) };
  }

  async attemptTimes(jobId: string, type?: string): Promise<number[]> {
    const job = await this.jobs.get(jobId);
    if (job === undefined) throw unknownJob(jobId);
    const addedAt = Date.parse(job.addedAt);
    return this.#parts.starts.of(jobId, type).map((at) => at - addedAt);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#parts.worker.shutdown();
    try {
      await this.#running;
    } finally {
      await this.#parts.server.close();
    }
  }
}
