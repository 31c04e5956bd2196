/** Owns what SIGTERM and SIGINT do to a program with open queues: it closes them first, then ends as it would have. */

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
  if (process.listenerCount(signal) > 1) return;
  stopListening();
  void Promise.allSettled([...closers].map((close) => close())).then(() => process.kill(process.pid, signal));
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, closeAll);
}
