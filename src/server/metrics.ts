/** Owns the metrics of a server: what it was asked, and how the queues stand. Those of handlers are served by the workers. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Jobs } from '../client.ts';

/** Upper bounds of the histogram's buckets, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const MS_PER_SECOND = 1000;

export interface Answered {
  /** Name of the route. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: 'holdfast_api_requests_total',
    help: 'Requests answered, by route and status.',
    labelNames: ['route', 'status'],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: 'holdfast_api_request_seconds',
    help: 'From the request to its answer; of a stream, to its beginning.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers: [this.#registry],
  });
  readonly #streams = new Gauge({ name: 'holdfast_api_streams', help: 'Streams that are open now.', registers: [this.#registry] });
  readonly #waiting = new Gauge({
    name: 'holdfast_queue_waiting',
    help: 'Handler calls and new jobs that wait for a worker, about.',
    labelNames: ['queue'],
    registers: [this.#registry],
  });
  readonly #oldest = new Gauge({
    name: 'holdfast_queue_oldest_waiting_seconds',
    help: 'How long the one that waits longest has waited; 0 when none waits.',
    labelNames: ['queue'],
    registers: [this.#registry],
  });

  answered({ route, status, seconds }: Answered): void {
    this.#requests.inc({ route, status });
    this.#seconds.observe({ route }, seconds);
  }

  streamOpened(): void {
    this.#streams.inc();
  }

  streamEnded(): void {
    this.#streams.dec();
  }

  /** The page that Prometheus reads. The queues are as they are now. @throws JobError `unavailable` */
  async page(jobs: Jobs): Promise<string> {
    const { queues } = await jobs.stats();
    this.#waiting.reset();
    this.#oldest.reset();
    for (const { queue, waiting, oldestWaitingMs } of queues) {
      this.#waiting.set({ queue }, waiting.value ?? 0);
      this.#oldest.set({ queue }, (oldestWaitingMs.value ?? 0) / MS_PER_SECOND);
    }
    return await this.#registry.metrics();
  }
}
