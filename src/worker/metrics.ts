/**
 * Owns the metrics of Holdfast that a worker process serves for Prometheus. They stand beside those of the Temporal SDK
 * on the same page; the page itself is served by the SDK's runtime.
 */
import type { MetricMeter } from '@temporalio/common';
import type { AttemptObserver } from '../activities/attempt-observer.ts';
import { codeOf } from '../activities/error-code.ts';
import { jobEndOf } from '../activities/handle.ts';
import { invalidOption } from '../contract/options.ts';

/** Upper bounds of the histograms' buckets, in seconds. */
const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 14_400, 86_400];
const RUN = 'holdfast_run_seconds';
const WAIT = 'holdfast_wait_seconds';
export const HISTOGRAM_BUCKETS: Record<string, number[]> = { [RUN]: SECONDS, [WAIT]: SECONDS };

const MAX_PORT = 65_535;

/** `host:port` where the metrics are served, or `invalid-options`. */
export function checkMetricsAddress(address: unknown): string {
  const [, port] = typeof address === 'string' ? (/^(?:[\w.-]+|\[[0-9a-f:.]+\]):(\d{1,5})$/i.exec(address) ?? []) : [];
  if (typeof address === 'string' && port !== undefined && Number(port) > 0 && Number(port) <= MAX_PORT) return address;
  throw invalidOption('metrics.address', 'host and port, such as "127.0.0.1:9464"', address);
}

/** Counts attempts in the meter of the process. */
export function metricsOf(meter: MetricMeter): AttemptObserver {
  const jobs = meter.createCounter('holdfast_jobs_total', undefined, 'Jobs that a handler of this process ended, by outcome.');
  const failures = meter.createCounter('holdfast_attempt_failures_total', undefined, 'Attempts that failed, by error code.');
  const run = meter.createHistogram(RUN, 'float', 's', 'Run time of the attempts that completed their job.');
  const wait = meter.createHistogram(WAIT, 'float', 's', 'From the time a job was due to the start of its first attempt.');
  const busy = meter.createGauge('holdfast_busy_handlers', 'int', undefined, 'Handlers that run now.');
  const running = new Map<string, Set<unknown>>();
  const showBusy = (queue: string): void => busy.set(running.get(queue)?.size ?? 0, { queue });
  return {
    attemptStarted(attempt) {
      const { type, queue, waitedMs } = attempt;
      running.set(queue, (running.get(queue) ?? new Set()).add(attempt));
      showBusy(queue);
      if (waitedMs !== undefined) wait.record(waitedMs / 1000, { type, queue });
    },
    attemptEnded(attempt, end) {
      const { type, queue, startedAt } = attempt;
      running.get(queue)?.delete(attempt);
      showBusy(queue);
      if (end.outcome === 'completed') run.record((Date.now() - startedAt.getTime()) / 1000, { type, queue });
      if ('isLast' in end) failures.add(1, { type, queue, code: codeOf(end.error) });
      const outcome = jobEndOf(end);
      if (outcome !== undefined) jobs.add(1, { type, queue, outcome });
    },
  };
}
