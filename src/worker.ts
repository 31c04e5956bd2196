/**
 * Owns the process that runs handlers: which queues it serves, how many handlers at once, and its end without loss.
 * How one handler is run is in `activities/run-handler.ts`.
 */
import { hostname } from 'node:os';
import { Client } from '@temporalio/client';
import { GracefulShutdownPeriodExpiredError, type InjectedSinks, NativeConnection, Worker } from '@temporalio/worker';
import { jobActivities } from './activities/activities.ts';
import type { AttemptGuard } from './activities/attempt-guard.ts';
import { allOf, type AttemptObserver } from './activities/attempt-observer.ts';
import { CancelNotices } from './activities/cancel-notices.ts';
import type { JobDeclaration } from './activities/handle.ts';
import { HandlerLimit } from './activities/handler-limit.ts';
import { HandlerRegistry } from './activities/handler-registry.ts';
import { Heartbeats, SHORTEST_BEAT_MS } from './activities/heartbeats.ts';
import type { HandlerHost } from './activities/run-handler.ts';
import { RunningHandlers } from './activities/running-handlers.ts';
import { type Config, loadConfig, processEnvironment } from './config.ts';
import { checkQueueName } from './contract/define-job.ts';
import { type Duration, toMs } from './contract/duration.ts';
import { JobError, messageOf } from './contract/errors.ts';
import { type CancelSinks, PROGRESS, type ProgressReport, VERSION_PREFIX } from './contract/messages.ts';
import { checkConcurrency, checkKeys } from './contract/options.ts';
import { FIND_SERVER_KEYS, findServer, type FindServerOptions } from './find-server.ts';
import { jsonLog, type Log } from './log.ts';
import { packageVersion } from './package-version.ts';
import { type Temporal, temporalOver, type TemporalServer } from './temporal/connection.ts';
import { readOutcome } from './temporal/outcome.ts';
import { AttemptCalls } from './worker/attempt-calls.ts';
import { carrierCalls } from './worker/carrier-calls.ts';
import { LateCancels } from './worker/late-cancels.ts';
import { checkMetricsAddress, metricsOf } from './worker/metrics.ts';
import { startSweeping } from './worker/payload-sweeper.ts';
import { installRuntime } from './worker/runtime.ts';
import { shutDownAtSignals } from './worker/signals.ts';
import { StatisticsSender } from './worker/statistics-sender.ts';
import { stopExpiry } from './worker/stop-expiry.ts';
import { Watchdog } from './worker/watchdog.ts';
import { workflowBundle } from './worker/workflow-bundle.ts';

export { NonRetryable, type NonRetryableOptions, RetryAfter } from './activities/handler-errors.ts';
export {
  type CleanUpContext,
  type CleanUpHooks,
  type FailContext,
  handle,
  type HandledJob,
  type Handler,
  type HandlerContext,
  type JobDeclaration,
  multiStep,
} from './activities/handle.ts';

export interface QueueOptions {
  /** Handlers of this queue that run at the same time in this process. 1–10 000. @default the worker's `concurrency` */
  readonly concurrency?: number;
}

export interface WorkerOptions extends FindServerOptions {
  /** The job types that this worker can run: `handle(contract, handler)` and `multiStep(contract)`. */
  readonly jobs: readonly JobDeclaration[];
  /** Queues to serve besides those of the contracts, and limits of their own. */
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /** Handlers per queue that run at the same time in this process. 1–10 000. @default 5 */
  readonly concurrency?: number;
  /** File with `export default jobWorkflows(…)`, when there are multi-step jobs of your own. Bundled at start, about 2 s. */
  readonly workflows?: string | URL;
  /** After SIGTERM handlers may go on for this long; then their signal fires. @default '10s' */
  readonly shutdownGrace?: Duration;
  /** @default JSON lines on standard error */
  readonly log?: Log;
  /** Where this process serves metrics for Prometheus, under `/metrics`. @default `HOLDFAST_METRICS_ADDRESS`, else nowhere */
  readonly metrics?: MetricsOptions;
}

export interface MetricsOptions {
  /** `host:port`. There is no authentication: keep it on loopback or a private network. */
  readonly address: string;
}

const OPTION_KEYS = ['jobs', 'queues', 'concurrency', 'workflows', 'shutdownGrace', 'log', 'metrics', ...FIND_SERVER_KEYS];
/** Time for handlers that were told to stop; after it the process ends without them and their jobs run again elsewhere. */
const STOP_MS = 5000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const IDENTITY = `${process.pid}@${hostname()}`;

/** A worker that is connected and ready to run. */
export interface JobWorker {
  /** The queues it serves. */
  readonly queues: readonly string[];
  /** Serves its queues until `shutdown`, SIGTERM or SIGINT; resolves when its handlers have ended and it is disconnected. */
  run(): Promise<void>;
  /** Takes no more jobs, lets running handlers end, and makes `run` resolve. Uses up no attempt of any job. */
  shutdown(): void;
}

/**
 * A worker for the given jobs, on the server that `options`, the `TEMPORAL_*` variables or `.holdfast/server.json` name.
 * @throws JobError `no-server`, `unavailable`, `invalid-options`, `invalid-contract`, `invalid-config`
 * @example
 * const worker = await createWorker({ jobs: [handle(sendEmail, send)], concurrency: 20 });
 * await worker.run();
 */
export async function createWorker(options: WorkerOptions): Promise<JobWorker> {
  checkKeys(options, OPTION_KEYS, 'worker options');
  const config = loadConfig(options.env ?? processEnvironment());
  const log = options.log ?? jsonLog(config.logLevel);
  const metricsAddress = metricsAddressOf(options.metrics, config);
  const registry = new HandlerRegistry(options.jobs);
  const limits = queueLimits(options, registry);
  const server = await findServer(options);
  return await startWorker({
    registry,
    limits,
    server,
    log,
    workflows: options.workflows,
    shutdownGraceMs: toMs(options.shutdownGrace ?? '10s', 'shutdownGrace'),
    metricsAddress,
  });
}

function metricsAddressOf(metrics: MetricsOptions | undefined, config: Config): string | undefined {
  if (metrics === undefined) return config.metricsAddress === undefined ? undefined : checkMetricsAddress(config.metricsAddress);
  checkKeys(metrics, ['address'], 'metrics options');
  return checkMetricsAddress(metrics.address);
}

function queueLimits({ queues = {}, concurrency }: WorkerOptions, registry: HandlerRegistry): ReadonlyMap<string, HandlerLimit> {
  const names = new Set([...registry.contracts.map(({ queue }) => queue), ...Object.keys(queues)]);
  if (names.size === 0)
    throw new JobError('invalid-options', 'A worker needs at least one job or queue. Give it jobs: [handle(contract, handler)].');
  const limits = [...names].map((name) => {
    const own = queues[name] ?? {};
    checkKeys(own, ['concurrency'], `options of queue "${name}"`);
    return [checkQueueName(name), new HandlerLimit(checkConcurrency(own.concurrency ?? concurrency))] as const;
  });
  return new Map(limits);
}

/** What a worker is made of, once its options are checked. */
export interface WorkerParts {
  readonly registry: HandlerRegistry;
  /** Queue → limit of handlers. */
  readonly limits: ReadonlyMap<string, HandlerLimit>;
  readonly server: TemporalServer;
  readonly log: Log;
  readonly workflows: string | URL | undefined;
  readonly shutdownGraceMs: number;
  /** The SDK holds heartbeats back for this long. @default the shortest beat */
  readonly throttleMs?: number;
  /** Signals that shut it down. @default SIGTERM and SIGINT */
  readonly signals?: readonly NodeJS.Signals[];
  /** True: it moves jobs on (starts, ends, cancels them) and leaves their handlers to other workers. @default false */
  readonly isWithoutHandlers?: boolean;
  /** Where metrics are served. @default nowhere */
  readonly metricsAddress?: string | undefined;
  /** False: it counts nothing for `stats()`. @default true */
  readonly hasStatistics?: boolean;
  /** False: a handler hears of a cancel from the server alone, with the answer to a heartbeat. @default true */
  readonly hasCancelNotices?: boolean;
}

/** The worker of these parts: one Temporal worker per queue over one connection. */
export async function startWorker(parts: WorkerParts): Promise<JobWorker> {
  const { limits, registry, server, log, throttleMs = SHORTEST_BEAT_MS } = parts;
  const meter = installRuntime(log, { metricsAddress: parts.metricsAddress });
  const bundle = await workflowBundle(parts.workflows, log);
  const connection = await connect(server);
  const temporal = temporalOver(new Client({ connection, namespace: server.namespace }), server);
  const statistics = parts.hasStatistics === false ? undefined : new StatisticsSender(temporal.client, log);
  const observers = [statistics?.counted, meter === undefined ? undefined : metricsOf(meter)].filter((one) => one !== undefined);
  const watchdog = parts.isWithoutHandlers === true ? undefined : watchdogOver(temporal, log);
  const host = handlerHost(parts, temporal, { observer: allOf(observers), guard: watchdog });
  // Only for its name: the server lists it with the worker.
  const plugin = { name: `${VERSION_PREFIX}${packageVersion()}` };
  // Nobody listens to a register of its own.
  const { sinks } = parts.hasCancelNotices === false ? new CancelNotices() : host.cancels;
  const create = ([taskQueue, limit]: readonly [string, HandlerLimit]): Promise<Worker> =>
    Worker.create({
      connection,
      namespace: server.namespace,
      identity: host.identity,
      plugins: [plugin],
      taskQueue,
      workflowBundle: bundle,
      activities: jobActivities(registry, host, limit),
      sinks: sinks satisfies InjectedSinks<CancelSinks>,
      maxConcurrentActivityTaskExecutions: limit.limit,
      enableNonLocalActivities: parts.isWithoutHandlers !== true,
      // Cancel and progress ride on heartbeats; the rhythm is the wrapper's, the SDK must not slow it down.
      maxHeartbeatThrottleInterval: throttleMs,
      defaultHeartbeatThrottleInterval: throttleMs,
      // A workflow cached by a worker that died goes to another after this time. With 1 s a burst of 200 cancels timed out as well, and
      // each of them was done anew from its history.
      stickyQueueScheduleToStartTimeout: '3s',
      shutdownGraceTime: parts.shutdownGraceMs,
      shutdownForceTime: parts.shutdownGraceMs + STOP_MS,
    });
  const created = await Promise.allSettled([...limits].map(create));
  const workers = created.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  const failed = created.find((end) => end.status === 'rejected');
  const hasHandlers = failed === undefined && parts.isWithoutHandlers !== true;
  const besides = hasHandlers ? [() => startSweeping(temporal, log), ...registry.besides] : [];
  const worker = runnable(workers, connection, { ...parts, statistics, watchdog, besides });
  if (failed === undefined) return worker;
  // Those that were made let go of the connection only when they have run.
  worker.shutdown();
  await worker.run();
  throw failed.reason;
}

async function connect({ address, tls, apiKey, metadata }: TemporalServer): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({
      address,
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata }),
    });
  } catch (error) {
    throw new JobError(
      'unavailable',
      `Temporal at ${address} does not answer: ${messageOf(error)} Is it running, and is the address right? "holdfast dev" starts one on this machine.`,
      { cause: error },
    );
  }
}

function watchdogOver({ client, server }: Temporal, log: Log): Watchdog {
  return new Watchdog({ log, server, identity: IDENTITY, calls: new AttemptCalls(client.activity) });
}

interface Attendants {
  readonly observer: AttemptObserver;
  readonly guard: AttemptGuard | undefined;
}

function handlerHost({ log }: WorkerParts, temporal: Temporal, { observer, guard }: Attendants): HandlerHost {
  const { client, values } = temporal;
  const late = new LateCancels(temporal, log);
  return {
    identity: IDENTITY,
    heartbeats: new Heartbeats(guard),
    cancels: new CancelNotices(),
    isCancelled: (info, options) => late.isCancelled(info, options),
    log,
    values,
    services: { outcomeOf: (jobId) => readOutcome(temporal, jobId) },
    observer,
    running: new RunningHandlers(),
    begun: (call) => stopExpiry(client, call, log),
    ...carrierCalls(temporal),
    reportProgress({ workflowId, runId }, step, progress) {
      const report: ProgressReport = { step, progress };
      client.workflow
        .getHandle(workflowId, runId)
        .signal(PROGRESS, report)
        .catch((error: unknown) => log.debug('progress not signalled', { job: workflowId, error: messageOf(error) }));
    },
  };
}

interface RunnableParts extends WorkerParts {
  readonly statistics: StatisticsSender | undefined;
  /** Each begins what goes on while the worker runs, and gives how to end it. */
  readonly besides: readonly ((log: Log) => () => Promise<void>)[];
  readonly watchdog: Watchdog | undefined;
}

function runnable(workers: readonly Worker[], connection: NativeConnection, parts: RunnableParts): JobWorker {
  const { limits, log, shutdownGraceMs, signals = SIGNALS, statistics, besides, watchdog } = parts;
  let isStopping = false;
  const shutdown = (): void => {
    if (!isStopping) setTimeout(() => watchdog?.stopTakenOver(), shutdownGraceMs).unref();
    isStopping = true;
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const runOne = async (worker: Worker): Promise<void> => {
    try {
      await worker.run();
    } catch (error) {
      // Handlers that would not stop in time: their jobs run again elsewhere, so this is no error of the caller's.
      const isExpired = isStopping && error instanceof GracefulShutdownPeriodExpiredError;
      if (isExpired) log.warn('handlers did not stop in time; their jobs run again', { error: messageOf(error) });
      // All its work is done; the SDK was seen to fail at taking its workflow sandbox down, once in some hundred shutdowns.
      const isDone = isStopping && worker.getState() === 'STOPPED';
      if (isDone) log.debug('worker stopped, not tidily', { error: messageOf(error) });
      // Without one of its queues a worker is not what it was made for: whoever supervises the process starts it anew.
      shutdown();
      if (!isExpired && !isDone) throw error;
    }
  };
  return {
    queues: [...limits.keys()],
    shutdown,
    async run() {
      const unlisten = shutDownAtSignals(shutdown, signals);
      const ends = besides.map((begin) => begin(log));
      const runs = workers.map(runOne);
      // One that was shut down before has to run for a moment all the same: it does not let go of the connection otherwise.
      if (isStopping) shutdown();
      const ended = await Promise.allSettled(runs);
      await Promise.all(ends.map((end) => end()));
      await statistics?.end();
      await watchdog?.close();
      await connection.close().catch((error: unknown) => log.debug('connection not closed', { error: messageOf(error) }));
      unlisten();
      const failed = ended.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
