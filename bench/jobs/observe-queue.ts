/** Owns the count of completed jobs on Temporal, for raw and for Holdfast alike: a job of either is one workflow. */
import { Client, Connection } from '@temporalio/client';
import type { Place } from '../contender.ts';
import type { Observer } from './contender.ts';

/** Counts what visibility says of a task queue. It lags by a few milliseconds, for both. */
export async function observeQueue({ port, queue }: Place): Promise<Observer> {
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
  const client = new Client({ connection });
  return {
    async countCompleted() {
      const { count } = await client.workflow.count(`TaskQueue = '${queue}' AND ExecutionStatus = 'Completed'`);
      return count;
    },
    close: () => connection.close(),
  };
}
