/** Owns a worker of Holdfast in a process of the benchmark. */
import type { WorkerOptions } from 'holdfast/worker';

/** Resolves when it is ready, to a function that stops it. */
export async function runWorker(options: WorkerOptions): Promise<() => Promise<void>> {
  // Loaded here, since a client process has no use for the worker's native code.
  const { createWorker } = await import('holdfast/worker');
  const worker = await createWorker(options);
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
  };
}
