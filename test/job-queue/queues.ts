/** What the tests of `JobQueue` share: queues on the run's server, a log to look into, gates to hold processors at. */
import { onTestFinished } from 'vitest';
import { type JobOptions, JobQueue, type JobQueueOptions, type JobStatus } from '../../src/job-queue.ts';
import type { Log } from '../../src/log.ts';
import { eventually, ownQueue, serverAddress } from '../support/jobs.ts';

/** A queue of its own on the run's server, initialized, closed when the test ends. It logs nothing unless a log is given. */
export async function openQueue(options: JobQueueOptions = {}): Promise<JobQueue> {
  const queue = newQueue(options);
  await queue.initialize();
  return queue;
}

/** The same, not initialized yet. */
export function newQueue(options: JobQueueOptions = {}): JobQueue {
  const queue = new JobQueue({ queue: ownQueue(), temporal: { address: serverAddress() }, log: recordingLog(), ...options });
  onTestFinished(() => queue.close());
  return queue;
}

/** A log that keeps its lines: `level message {fields}`. */
export function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}

/** Adds a job and waits until it has the status. */
export async function addAndAwait(
  queue: JobQueue,
  type: string,
  { data = {}, status = 'completed', ...options }: JobOptions & { data?: unknown; status?: JobStatus } = {},
): Promise<string> {
  const { id } = await queue.addJob(type, data, options);
  await hasStatus(queue, id, status);
  return id;
}

/** Waits until the job has the status. */
export async function hasStatus(queue: JobQueue, id: string, status: JobStatus): Promise<void> {
  await eventually(`job ${id} is ${status}`, async () => (await queue.getJobStatus(id)) === status, 30_000);
}

/** Holds whoever passes it until it is opened. */
export class Gate {
  #open: () => void = () => undefined;
  readonly passed: Promise<void> = new Promise((resolve) => {
    this.#open = resolve;
  });

  open(): void {
    this.#open();
  }
}
