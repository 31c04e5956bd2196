/** Owns the calls about an attempt that a worker makes itself, since the SDK would not make them. */
import type { AsyncCompletionClient } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { AttemptState } from '../contract/attempts.ts';

/** What is called, as the SDK's client has it. */
export type AttemptClient = Pick<AsyncCompletionClient, 'complete' | 'fail' | 'heartbeat' | 'reportCancellation'>;

export class AttemptCalls {
  readonly #client: AttemptClient;

  constructor(client: AttemptClient) {
    this.#client = client;
  }

  /** Sends a heartbeat. False: the server takes the attempt for over. True also where it cannot be asked. */
  async isOpen(taskToken: Uint8Array, record: AttemptState): Promise<boolean> {
    try {
      await this.#client.heartbeat(taskToken, record);
      return true;
    } catch (error) {
      return !isNotFound(error);
    }
  }

  /** Tells the server how the attempt ended, its record included. Rejects when it cannot be told. */
  async report(taskToken: Uint8Array, end: PromiseSettledResult<unknown>, record: AttemptState): Promise<void> {
    try {
      if (end.status === 'fulfilled') await this.#client.complete(taskToken, end.value);
      else if (end.reason instanceof CancelledFailure) await this.#client.reportCancellation(taskToken, record);
      else {
        // A failure does not carry the record; the last heartbeat before it does.
        await this.#client.heartbeat(taskToken, record).catch(() => undefined);
        await this.#client.fail(taskToken, end.reason);
      }
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'ActivityNotFoundError';
}
