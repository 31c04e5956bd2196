/**
 * Owns the client of a test environment: while it waits for a result, it moves the server's clock on, step by step.
 * The SDK's own client for this server lets the clock run free instead. Once the job has ended, the next thing that is due
 * is the time limit of its workflow, and before the client can stop the clock it has jumped ten years.
 */
import { Client, type Connection, WorkflowClient, WorkflowFailedError, type WorkflowResultOptions } from '@temporalio/client';
import type { Workflow, WorkflowResultType } from '@temporalio/common';
import type { Clock } from './clock.ts';

export class SteppingClient extends Client {
  override readonly workflow: WorkflowClient;

  constructor(connection: Connection, clock: Clock) {
    super({ connection });
    this.workflow = new SteppingWorkflowClient(connection, clock);
  }
}

class SteppingWorkflowClient extends WorkflowClient {
  readonly #clock: Clock;

  constructor(connection: Connection, clock: Clock) {
    super({ connection });
    this.#clock = clock;
  }

  override async result<T extends Workflow>(
    workflowId: string,
    runId?: string,
    options?: WorkflowResultOptions,
  ): Promise<WorkflowResultType<T>> {
    let isOpen = true;
    const result = super.result<T>(workflowId, runId, options).finally(() => {
      isOpen = false;
    });
    const moves = this.#clock.skipWhile(() => isOpen);
    try {
      const [output] = await Promise.all([result, moves]);
      return output;
    } catch (error) {
      // The job has ended, and with the last step the clock stands. A wait that was given up does not wait for that: the
      // handler that still runs holds the clock.
      if (error instanceof WorkflowFailedError) await moves;
      throw error;
    }
  }
}
