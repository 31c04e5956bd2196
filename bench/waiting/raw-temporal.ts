/** Owns how the waiting job runs through the Temporal SDK alone: a workflow and an activity that heartbeats every second. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { bundlePathOf } from '../raw-bundle.ts';
import { type WaitingContender, type WaitingInput, waitUntilTold } from './contender.ts';
import type { rawWaiting } from './raw-workflow.ts';
import type { RawVariant } from './variant.ts';

/** The workflow module, compiled. */
export const rawWaitingWorkflow = new URL('raw-workflow.js', import.meta.url);

/** How often the activity calls `heartbeat`. What the SDK sends of it is up to its throttle. */
const BEAT_MS = 1000;

export const rawTemporal: WaitingContender<RawVariant> = {
  async startWorker({ place: { port, queue }, variant: { throttleMs }, concurrency, report }) {
    const { DefaultLogger, NativeConnection, Runtime, Worker } = await import('@temporalio/worker');
    const { Context } = await import('@temporalio/activity');
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    const connection = await NativeConnection.connect({ address: `127.0.0.1:${port}` });
    const throttle =
      throttleMs === undefined ? {} : { maxHeartbeatThrottleInterval: throttleMs, defaultHeartbeatThrottleInterval: throttleMs };
    const worker = await Worker.create({
      connection,
      taskQueue: queue,
      workflowBundle: { codePath: bundlePathOf(rawWaitingWorkflow) },
      activities: {
        async waiting(input: WaitingInput) {
          const context = Context.current();
          const timer = setInterval(() => context.heartbeat({ percent: 0 }), BEAT_MS);
          return await waitUntilTold(input, context.cancellationSignal, report).finally(() => clearInterval(timer));
        },
      },
      maxConcurrentActivityTaskExecutions: concurrency,
      ...throttle,
    });
    void worker.run();
  },

  async connect({ place: { port, queue }, variant: { heartbeatTimeoutMs } }) {
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    const { workflow } = new Client({ connection });
    return {
      async add(input) {
        const workflowId = randomUUID();
        await workflow.start<typeof rawWaiting>('rawWaiting', { workflowId, taskQueue: queue, args: [input, heartbeatTimeoutMs] });
        return workflowId;
      },
      async cancel(id) {
        await workflow.getHandle(id).cancel();
      },
      close: () => connection.close(),
    };
  },
};
