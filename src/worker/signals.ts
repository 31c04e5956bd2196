/** Owns what SIGTERM and SIGINT do to the workers of a process, and that others can tell a worker's listener from a program's own. */

const listening = new Set<() => void>();
const waiting: (() => void)[] = [];

/** Calls `shutdown` at the first of the signals; a further one takes effect at once. The returned function ends this. */
export function shutDownAtSignals(shutdown: () => void, signals: readonly NodeJS.Signals[]): () => void {
  for (const signal of signals) process.once(signal, shutdown);
  if (signals.length > 0) listening.add(shutdown);
  return () => {
    for (const signal of signals) process.off(signal, shutdown);
    listening.delete(shutdown);
    if (listening.size === 0) for (const resolve of waiting.splice(0)) resolve();
  };
}

/** True while a worker that signals shut down runs, or drains. */
export function isWorkerRunning(): boolean {
  return listening.size > 0;
}

/** Resolves when no such worker runs any more. */
export async function workersEnded(): Promise<void> {
  if (isWorkerRunning()) await new Promise<void>((resolve) => waiting.push(resolve));
}

/** True when the program itself listens to the signal, besides workers and `own`. */
export function isProgramListening(signal: NodeJS.Signals, own: (signal: NodeJS.Signals) => void): boolean {
  return process.listeners(signal).some((listener) => listener !== own && !listening.has(listener as () => void));
}
