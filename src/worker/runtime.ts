/** Owns the SDK's one runtime of this process: its logger, its signals, its page of metrics. */
import { IllegalStateError, type MetricMeter } from '@temporalio/common';
import { Runtime, type TelemetryOptions } from '@temporalio/worker';
import { JobError, messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';
import { HISTOGRAM_BUCKETS } from './metrics.ts';
import { temporalLogger } from './temporal-logger.ts';

export interface RuntimeOptions {
  /** What the SDK's native part, which knows no `log`, may write to the terminal itself. @default 'WARN' */
  readonly nativeLevel?: 'WARN' | 'ERROR';
  /** `host:port` where metrics are served under `/metrics`. @default they are not */
  readonly metricsAddress?: string | undefined;
}

/**
 * How often a worker tells the server that it is there and what its slots do: one call a process, whatever it does. One that was killed
 * is missed after 2.5 of them; some 4 ms of the embedded server's CPU a second.
 */
const WORKER_HEARTBEAT_MS = 2000;

/** The runtime that serves metrics, and where. It is gone when its last worker has ended. */
let served: { readonly runtime: Runtime; readonly address: string } | undefined;

/**
 * Makes the SDK's one runtime of this process, unless somebody else has. Signals are left to `JobWorker.run`, so that a
 * process that only adds jobs ends at SIGTERM as any other.
 * @returns the meter, when there is a page of metrics
 * @throws JobError `invalid-config` when metrics cannot be served at this address
 */
export function installRuntime(log: Log, { nativeLevel = 'WARN', metricsAddress }: RuntimeOptions = {}): MetricMeter | undefined {
  const telemetryOptions: TelemetryOptions = {
    logging: { filter: { core: nativeLevel, other: 'ERROR' }, console: {} },
    ...(metricsAddress === undefined
      ? {}
      : { metrics: { prometheus: { bindAddress: metricsAddress, histogramBucketOverrides: HISTOGRAM_BUCKETS } } }),
  };
  try {
    Runtime.install({ logger: temporalLogger(log), shutdownSignals: [], telemetryOptions, workerHeartbeatInterval: WORKER_HEARTBEAT_MS });
    if (metricsAddress !== undefined) served = { runtime: Runtime.instance(), address: metricsAddress };
  } catch (error) {
    const isInstalled = error instanceof IllegalStateError;
    const isServed = isInstalled && served?.runtime === Runtime.instance() && served.address === metricsAddress;
    if (metricsAddress !== undefined && !isServed) throw unservedMetrics(metricsAddress, error);
    if (!isInstalled) throw error;
    log.debug('the Temporal runtime of this process is installed already');
  }
  return metricsAddress === undefined ? undefined : Runtime.instance().metricMeter;
}

function unservedMetrics(address: string, error: unknown): JobError {
  return new JobError(
    'invalid-config',
    `Metrics cannot be served at ${address}: ${messageOf(error)}. A process has one address for them, set by its first worker, and no two processes the same. Give another one as metrics.address or HOLDFAST_METRICS_ADDRESS.`,
    { cause: error, details: { address } },
  );
}
