/**
 * Owns the calls that ask the server about a queue: what waits there and who polls, and what its workers last said of themselves.
 * What follows from the answers is decided in `queues.ts`, `statistics.ts` and `worker-list.ts`.
 */
import type { temporal as proto } from '@temporalio/proto';
import type { Temporal } from './connection.ts';
import { isUnimplemented } from './errors.ts';
import { quoted } from './visibility.ts';

export type QueueAnswer = proto.api.workflowservice.v1.IDescribeTaskQueueResponse;
export type WorkerHeartbeat = proto.api.worker.v1.IWorkerHeartbeat;

/** Which deadline a call has: that of a question that is asked again when it fails, or that of any other call. */
type Patience = 'read' | 'call';

/** A queue as the server keeps it: one for the workflow tasks of its jobs, one for their handlers. */
export interface QueueAnswers {
  readonly workflows: QueueAnswer;
  readonly handlers: QueueAnswer;
}

/** The protocol's WorkerStatus, as text. */
export const RUNNING = '1';
export const SHUTTING_DOWN = '2';
/** The protocol's TaskQueueType. */
const WORKFLOW_TASKS = 1;
const HANDLER_TASKS = 2;
const MOST_WORKERS = 500;

/** What waits on the queue, and who polls it. */
export async function describeQueue(temporal: Temporal, queue: string, patience: Patience): Promise<QueueAnswers> {
  const describe = async (taskQueueType: number): Promise<QueueAnswer> =>
    await temporal[patience](`read the queue "${queue}"`, () =>
      temporal.client.workflowService.describeTaskQueue({
        namespace: temporal.namespace,
        taskQueue: { name: queue },
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the protocol's enums are CommonJS values that an ES module cannot import
        taskQueueType,
        reportStats: true,
      }),
    );
  const [workflows, handlers] = await Promise.all([describe(WORKFLOW_TASKS), describe(HANDLER_TASKS)]);
  return { workflows, handlers };
}

/** The last heartbeat of each worker of one queue, or of all; undefined where the server keeps none: before 1.30. */
export async function workerHeartbeats(
  temporal: Temporal,
  queue: string | undefined,
  patience: Patience,
): Promise<readonly WorkerHeartbeat[] | undefined> {
  const query = queue === undefined ? '' : `TaskQueue = ${quoted(queue)}`;
  try {
    const { workersInfo } = await temporal[patience]('list workers', () =>
      temporal.client.workflowService.listWorkers({ namespace: temporal.namespace, pageSize: MOST_WORKERS, query }),
    );
    return (workersInfo ?? []).flatMap(({ workerHeartbeat }) => workerHeartbeat ?? []);
  } catch (error) {
    if (isUnimplemented(error)) return undefined;
    throw error;
  }
}
