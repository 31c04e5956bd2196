/**
 * Owns the reading of statistics: what the workflow of each queue has counted, the queues' backlogs, the workers. All who
 * ask one client share its answers: ten askers make the calls of one.
 */
import type { JobStatistics, QueueReport } from '../contract/statistics/report.ts';
import { typeReport } from '../contract/statistics/report.ts';
import { type QueueStatistics, STATISTICS_TYPE, statisticsId, statisticsInMemo, typeIn } from '../contract/statistics/queue-statistics.ts';
import type { TypeStatistics } from '../contract/statistics/type-statistics.ts';
import type { Temporal } from './connection.ts';
import { isJobUnknown } from './errors.ts';
import { isoTime, payloadValue } from './protocol.ts';
import { SharedReads } from './shared-reads.ts';
import { describeQueue, type QueueAnswer } from './task-queue.ts';
import { listJobs } from './visibility.ts';
import { listWorkers } from './worker-list.ts';

export interface StatisticsFilter {
  readonly type?: string;
  readonly queue?: string;
}

interface CountedQueue {
  readonly statistics: QueueStatistics;
  readonly asOfMs: number;
}

const MAX_AGE_MS = 1000;
/** What estimates stand on changes slowly, and workers send it every 10 s. */
const MAX_AGE_FOR_ESTIMATES_MS = 10_000;
const MOST_QUEUES = 200;
/** Each look at jobs of unknown queues finds at least one more. */
const MOST_LOOKS = 5;
const JOBS_OF_A_LOOK = 20;

export class StatisticsReader {
  readonly #temporal: Temporal;
  readonly #recent = new SharedReads<CountedQueue>(() => MAX_AGE_FOR_ESTIMATES_MS);
  /** Where there are so many queues that a report takes long, it serves for twice that time. */
  readonly #reports = new SharedReads<JobStatistics>((_keys, tookMs) => Math.max(MAX_AGE_MS, 2 * tookMs));

  constructor(temporal: Temporal) {
    this.#temporal = temporal;
  }

  /** What was counted of a type, as it was at most 10 s ago; undefined when nothing was, or it cannot be told. */
  async ofType(queue: string, type: string): Promise<TypeStatistics | undefined> {
    try {
      return typeIn((await this.#recent.read(queue, () => this.#readQueue(queue))).statistics, type);
    } catch {
      // A job is worth showing without an estimate.
      return undefined;
    }
  }

  /** The statistics that match, as they were at most 1 s ago; with hundreds of queues some seconds. */
  async report({ type, queue }: StatisticsFilter): Promise<JobStatistics> {
    // Whatever type they ask for, they share what was read of the queues.
    const report = await this.#reports.read(queue ?? '', () => this.#report(queue));
    return type === undefined ? report : { ...report, types: report.types.filter((one) => one.type === type) };
  }

  async #report(queue: string | undefined): Promise<JobStatistics> {
    const [workers, counted] = await Promise.all([
      listWorkers(this.#temporal, queue),
      queue === undefined ? this.#countedQueues() : [queue],
    ]);
    const served = (workers ?? []).flatMap(({ queues }) => queues.map(({ queue }) => queue));
    const names = queue === undefined ? await this.#withForgotten([...new Set([...counted, ...served])]) : [queue];
    const [types, queues] = await Promise.all([
      Promise.all(counted.toSorted().map((name) => this.#typeReports(name))),
      Promise.all(names.map((name) => this.#queueReport(name))),
    ]);
    return { types: types.flat(), queues, workers: workers ?? 'unknown' };
  }

  async #typeReports(queue: string): Promise<JobStatistics['types']> {
    const { statistics, asOfMs } = await this.#readQueue(queue);
    return Object.entries(statistics).map(([type, counted]) => typeReport(type, queue, { counted, asOfMs }));
  }

  /** Queues that anything was counted of. */
  async #countedQueues(): Promise<string[]> {
    const { client, namespace } = this.#temporal;
    const answer = await this.#temporal.call('list the queues with statistics', () =>
      client.workflowService.listWorkflowExecutions({
        namespace,
        query: `WorkflowType = '${STATISTICS_TYPE}' AND ExecutionStatus = 'Running'`,
        pageSize: MOST_QUEUES,
      }),
    );
    return (answer.executions ?? []).map(({ taskQueue }) => taskQueue ?? '');
  }

  /** These and the queues that jobs wait in although nobody has ever served them, sorted. */
  async #withForgotten(known: readonly string[]): Promise<string[]> {
    const names = new Set(known);
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const { jobs } = await listJobs(this.#temporal, { state: 'started', otherQueuesThan: [...names] }, { size: JOBS_OF_A_LOOK });
      for (const { queue } of jobs) names.add(queue);
      if (jobs.length < JOBS_OF_A_LOOK) break;
    }
    return [...names].toSorted();
  }

  async #readQueue(queue: string): Promise<CountedQueue> {
    const { client, namespace } = this.#temporal;
    return await this.#temporal.call(`read the statistics of "${queue}"`, async () => {
      const asOfMs = Date.now();
      try {
        const answer = await client.workflowService.describeWorkflowExecution({
          namespace,
          execution: { workflowId: statisticsId(queue) },
        });
        const fields = Object.entries(answer.workflowExecutionInfo?.memo?.fields ?? {});
        return { statistics: statisticsInMemo(Object.fromEntries(fields.map(([key, value]) => [key, payloadValue(value)]))), asOfMs };
      } catch (error) {
        if (isJobUnknown(error)) return { statistics: {}, asOfMs };
        throw error;
      }
    });
  }

  async #queueReport(queue: string): Promise<QueueReport> {
    const asOf = isoTime(Date.now());
    const { workflows, handlers } = await describeQueue(this.#temporal, queue, 'call');
    const parts = [workflows, handlers].map(backlogOf);
    const waiting = parts.reduce((sum, { count }) => sum + count, 0);
    const oldest = Math.max(...parts.map(({ ageMs }) => ageMs));
    return {
      queue,
      waiting: { value: waiting, samples: waiting, asOf, isEstimate: true },
      oldestWaitingMs: { value: waiting === 0 ? null : oldest, samples: waiting, asOf, isEstimate: true },
    };
  }
}

function backlogOf({ stats }: QueueAnswer): { count: number; ageMs: number } {
  const { seconds, nanos } = stats?.approximateBacklogAge ?? {};
  return {
    count: Number(String(stats?.approximateBacklogCount ?? 0)),
    ageMs: Math.round(Number(String(seconds ?? 0)) * 1000 + (nanos ?? 0) / 1e6),
  };
}
