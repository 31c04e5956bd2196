/** Owns what SIGTERM and SIGINT do to a program with open queues: it closes them first, then ends as it would have. */
import { isProgramListening, isWorkerRunning, workersEnded } from '../worker/signals.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** How to close each open queue of the process: one listener serves them all, so that it can tell whether it is alone. */
const closers = new Set<() => Promise<void>>();

/**
 * Calls `close` at the first signal and lets the signal take effect afterwards; a second one takes effect at once. A program
 * that listens to the signal itself is left alone. The returned function ends this.
 */
export function closeAtSignals(close: () => Promise<void>): () => void {
  if (closers.size === 0) for (const signal of SIGNALS) process.on(signal, closeAll);
  closers.add(close);
  return () => {
    closers.delete(close);
    if (closers.size === 0) stopListening();
  };
}

function closeAll(signal: NodeJS.Signals): void {
  if (isProgramListening(signal, closeAll)) return;
  stopListening();
  void closeQueues(signal);
}

async function closeQueues(signal: NodeJS.Signals): Promise<void> {
  // A worker beside the queues has heard the signal as well. It may need the server of a queue until it has drained, and the
  // program ends by itself after it.
  const hasWorker = isWorkerRunning();
  await workersEnded();
  await Promise.allSettled([...closers].map((close) => close()));
  if (!hasWorker) process.kill(process.pid, signal);
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, closeAll);
}
