/** Owns the long polls that tell the end of a watched job at once. There are few at a time: the server counts them with the polls of workers. */
import type { Temporal } from '../connection.ts';

const AT_ONCE = 100;
/** The protocol's HistoryEventFilterType of the closing event. */
const CLOSE_EVENT = 2;

export class EndPolls {
  readonly #temporal: Temporal;
  #underWay = 0;

  constructor(temporal: Temporal) {
    this.#temporal = temporal;
  }

  /** Resolves with true when the newest run of the job has ended, with false when that cannot be told this way. Never rejects. */
  async ended(id: string, signal: AbortSignal): Promise<boolean> {
    if (this.#underWay >= AT_ONCE || signal.aborted) return false;
    this.#underWay += 1;
    try {
      return await this.#temporal.wait(`wait for job "${id}"`, () => this.#poll(id, signal), signal);
    } catch {
      // Whoever watches looks at the job anyway.
      return false;
    } finally {
      this.#underWay -= 1;
    }
  }

  async #poll(id: string, signal: AbortSignal): Promise<boolean> {
    let token: Uint8Array | undefined;
    while (!signal.aborted) {
      const answer = await this.#temporal.client.workflowService.getWorkflowExecutionHistory({
        namespace: this.#temporal.namespace,
        execution: { workflowId: id },
        waitNewEvent: true,
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the protocol's enums are CommonJS values that an ES module cannot import
        historyEventFilterType: CLOSE_EVENT,
        ...(token === undefined ? {} : { nextPageToken: token }),
      });
      if ((answer.history?.events ?? []).length > 0) return true;
      token = answer.nextPageToken;
      // The server has nothing to wait for: it would answer the same at once.
      if (token === undefined || token.length === 0) return false;
    }
    return false;
  }
}
