/**
 * Owns when a worker's statistics are sent: one second after there is something new, and never twice within ten. An idle
 * worker sends nothing. What a worker has counted and not sent is lost when it is killed.
 */
import type { Client } from '@temporalio/client';
import { messageOf } from '../contract/errors.ts';
import { type QueueStatistics, STATISTICS_SIGNAL, STATISTICS_TYPE, statisticsId } from '../contract/statistics/queue-statistics.ts';
import type { Log } from '../log.ts';
import { AttemptStatistics } from './attempt-statistics.ts';

const FIRST_AFTER_MS = 1000;
const APART_MS = 10_000;
const CALL_DEADLINE_MS = 5000;
const LAST_CALL_DEADLINE_MS = 2000;

export class StatisticsSender {
  readonly counted = new AttemptStatistics(() => this.#schedule());
  readonly #client: Client;
  readonly #log: Log;
  /** Queue → run that took its last signal. */
  readonly #runs = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;
  #isEnded = false;

  constructor(client: Client, log: Log) {
    this.#client = client;
    this.#log = log;
  }

  /** Sends what is left. Nothing is sent after it. */
  async end(): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    await this.#send(LAST_CALL_DEADLINE_MS);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isEnded) return;
    const waitMs = Math.max(FIRST_AFTER_MS, this.#sentAt + APART_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sentAt = Date.now();
      void this.#send(CALL_DEADLINE_MS);
    }, waitMs).unref();
  }

  async #send(deadlineMs: number): Promise<void> {
    const sent = [...this.counted.take()].map(async ([queue, statistics]) => {
      try {
        await this.#client.withDeadline(Date.now() + deadlineMs, () => this.#signal(queue, statistics));
      } catch (error) {
        this.#log.debug('statistics not sent', { queue, error: messageOf(error) });
        this.counted.putBack(queue, statistics);
        this.#schedule();
      }
    });
    await Promise.all(sent);
  }

  async #signal(queue: string, statistics: QueueStatistics): Promise<void> {
    const workflowId = statisticsId(queue);
    const { signaledRunId } = await this.#client.workflow.signalWithStart(STATISTICS_TYPE, {
      workflowId,
      taskQueue: queue,
      signal: STATISTICS_SIGNAL,
      signalArgs: [statistics],
    });
    const before = this.#runs.get(queue);
    this.#runs.set(queue, signaledRunId);
    if (before !== undefined && before !== signaledRunId) await this.#forget(workflowId, before);
  }

  /** A run that another one follows has nothing more to tell: all that it knew went on with it. */
  async #forget(workflowId: string, runId: string): Promise<void> {
    try {
      const { namespace } = this.#client.options;
      await this.#client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } });
    } catch (error) {
      // Another worker was faster, or the server keeps it until its retention is over.
      this.#log.debug('old statistics not removed', { workflowId, error: messageOf(error) });
    }
  }
}
