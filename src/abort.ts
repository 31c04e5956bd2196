/** Owns the wait for something that an abort signal may cut short. */

/** What `work` resolves with. Rejects with the signal's reason as soon as it fires, or at once if it has; `work` itself goes on. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, signal: ended.signal });
  });
  return await Promise.race([aborted, work]).finally(() => ended.abort());
}
