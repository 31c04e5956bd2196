/**
 * Owns the question whether a job was cancelled while nobody could carry that out. Its call for a handler may lie in the queue
 * beside its cancel then, and the next worker may get to it first.
 */
import type { Info } from '@temporalio/activity';
import type { RunOptions } from '../contract/messages.ts';
import { messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';
import type { Temporal } from '../temporal/connection.ts';
import { describeJob } from '../temporal/describe.ts';

export class LateCancels {
  readonly #temporal: Temporal;
  readonly #log: Log;
  readonly #startedAtMs = Date.now();

  constructor(temporal: Temporal, log: Log) {
    this.#temporal = temporal;
    this.#log = log;
  }

  /** Whether this handler call is not wanted any more. Asked of the server only where a cancel can have been missed. */
  async isCancelled(info: Info, { isShielded }: RunOptions): Promise<boolean> {
    const isFirst = info.attempt === 1 && info.currentAttemptScheduledTimestampMs >= this.#startedAtMs;
    if (isShielded === true || isFirst || info.workflowExecution === undefined) return false;
    try {
      const { workflowId, runId } = info.workflowExecution;
      const job = await describeJob(this.#temporal, workflowId, runId);
      return job?.isCancelRequested === true;
    } catch (error) {
      this.#log.debug('not asked whether cancelled', { job: info.workflowExecution.workflowId, error: messageOf(error) });
      return false;
    }
  }
}
