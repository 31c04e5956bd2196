/** Names and values of options, checked by the compiler: this file is never run. */
import { z } from 'zod';
import { createWorker, defineJob, handle, JobClient } from '../../src/index.ts';
import type { JobStatus } from '../../src/contract/index.ts';
import { testEnvironment } from '../../src/testing/index.ts';

declare const jobs: JobClient;
const input = z.object({});
const plain = defineJob({ name: 'plain', input });
const handled = handle(plain, () => undefined);

// Every option there is, with each kind of duration.
defineJob({
  name: 'full',
  input,
  output: z.string(),
  retry: { maxAttempts: 5, initialInterval: 500, backoffCoefficient: 1.5, maximumInterval: '10m', jitter: 0.1 },
  timeout: '2 hours',
  heartbeat: '10s',
  queue: 'slow',
});
await jobs.add(plain, {}, { delay: '5s', priority: 'high', maxAttempts: 1, timeout: 1000, tags: ['a'], queue: 'other' });
await jobs.add(plain, {}, { runAt: new Date(), priority: -3, key: 'customer-7' });
await jobs.add(plain, {}, { runAt: '2026-12-24T18:00:00Z' });
await jobs.add(plain, {}, { dedupeKey: 'k', dedupeWindow: '1h', onDuplicate: 'reject' });
await jobs.list({ status: 'failed', type: 'plain', queue: 'jobs', tags: ['a'], limit: 10, pageToken: 'x' });
await createWorker({ jobs: [handled], queues: { jobs: { concurrency: 2 } }, concurrency: 10, shutdownGrace: '30s', workflows: './w.js' });
await testEnvironment({ jobs: [handled], concurrency: 2, workflows: new URL('./w.js', import.meta.url) });

// Names that do not exist.
// @ts-expect-error -- `attempts` is called retry.maxAttempts
defineJob({ name: 'wrong', input, attempts: 3 });
// @ts-expect-error -- `backoff` is called backoffCoefficient
defineJob({ name: 'wrong', input, retry: { backoff: 2 } });
// @ts-expect-error -- `prio` is called priority
await jobs.add(plain, {}, { prio: 'high' });
// @ts-expect-error -- `state` is called status
await jobs.list({ state: 'failed' });
// @ts-expect-error -- `handlers` is called jobs
await createWorker({ handlers: [handled] });
// @ts-expect-error -- jobs are not optional
await createWorker({ concurrency: 3 });
// @ts-expect-error -- a queue has one option, concurrency
await createWorker({ jobs: [handled], queues: { jobs: { limit: 2 } } });
// @ts-expect-error -- `url` is called address
await JobClient.connect({ url: 'localhost:7233' });
// @ts-expect-error -- the clock has no such option
await testEnvironment({ jobs: [handled], now: 0 });

// Values that make no sense.
// @ts-expect-error -- not a unit
await jobs.add(plain, {}, { delay: '5 moments' });
// @ts-expect-error -- priorities are names or numbers
await jobs.add(plain, {}, { priority: true });
// @ts-expect-error -- not a status
await jobs.list({ status: 'active' });
// @ts-expect-error -- a bare handler, without its contract
await createWorker({ jobs: [() => undefined] });

/** A switch over the statuses is complete with these eight. */
export function isOver(status: JobStatus): boolean {
  switch (status) {
    case 'completed':
    case 'failed':
    case 'cancelled':
      return true;
    case 'delayed':
    case 'queued':
    case 'processing':
    case 'retrying':
    case 'cancelling':
      return false;
  }
}
