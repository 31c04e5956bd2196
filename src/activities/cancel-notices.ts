/**
 * Owns how a cancel that the job's workflow hears of reaches a handler of the same process at once, without waiting for the
 * answer to a heartbeat. The workflow usually lives where its handler runs; elsewhere the heartbeat brings the news.
 */

/** A handler call, as workflow and activity both know it. */
export interface CallId {
  readonly runId: string;
  readonly activityId: string;
}

export class CancelNotices {
  readonly #listeners = new Map<string, () => void>();

  /** Calls `cancel` when the workflow says that this call is cancelled, until the returned function is called. */
  listen(call: CallId, cancel: () => void): () => void {
    const key = keyOf(call);
    this.#listeners.set(key, cancel);
    return () => {
      // A call that was given up and runs here again has a listener of its own by now.
      if (this.#listeners.get(key) === cancel) this.#listeners.delete(key);
    };
  }

  /** What workflow code calls: a Temporal worker takes it as its sinks. */
  get sinks() {
    const fn = ({ runId }: { readonly runId: string }, activityId: string): void => {
      this.#listeners.get(keyOf({ runId, activityId }))?.();
    };
    return { holdfast: { cancelled: { fn, callDuringReplay: false } } };
  }
}

function keyOf({ runId, activityId }: CallId): string {
  return `${runId}/${activityId}`;
}
