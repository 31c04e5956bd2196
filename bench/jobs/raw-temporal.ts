/** Owns how the no-op job runs through the Temporal SDK alone: one workflow with one activity, and nothing else. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { type Contender, HANDLER_LIMIT, NOOP_OUTPUT, type NoopInput } from './contender.ts';
import { observeQueue } from './observe-queue.ts';
import type { rawNoop } from './raw-workflow.ts';

/** The workflow module, compiled. */
export const rawWorkflow = new URL('raw-workflow.js', import.meta.url);

export const rawTemporal: Contender = {
  async startWorker({ port, queue }, onStart) {
    // Loaded here, since a client process has no use for the worker's native code.
    const { DefaultLogger, NativeConnection, Runtime, Worker } = await import('@temporalio/worker');
    const { bundlePathOf } = await import('../raw-bundle.ts');
    Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
    const connection = await NativeConnection.connect({ address: `127.0.0.1:${port}` });
    const worker = await Worker.create({
      connection,
      taskQueue: queue,
      workflowBundle: { codePath: bundlePathOf(rawWorkflow) },
      activities: {
        async noop(input: NoopInput) {
          onStart(input);
          return await Promise.resolve(NOOP_OUTPUT);
        },
      },
      maxConcurrentActivityTaskExecutions: HANDLER_LIMIT,
    });
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
      await connection.close();
    };
  },

  async connect({ port, queue }) {
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    const client = new Client({ connection });
    return {
      async add(input) {
        const handle = await client.workflow.start<typeof rawNoop>('rawNoop', {
          workflowId: randomUUID(),
          taskQueue: queue,
          args: [input],
        });
        return { completed: () => handle.result() };
      },
      endWaiting: () => Promise.resolve(),
    };
  },

  observe: observeQueue,
};
