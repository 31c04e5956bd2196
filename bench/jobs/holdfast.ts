/** Owns how the no-op job runs through Holdfast: by its public API, as a user would write it. */
import { JobClient } from 'holdfast/client';
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';
import type { Place } from '../contender.ts';
import { type Contender, HANDLER_LIMIT, NOOP_OUTPUT } from './contender.ts';
import { observeQueue } from './observe-queue.ts';

/** The contract, with the queue of one run: the worker then serves this queue and no other, as raw Temporal's does. */
function noopJob(queue: string) {
  return defineJob({ name: 'noop', input: z.object({ addedAt: z.number() }), output: z.object({ ok: z.boolean() }), queue });
}

/** The server is named, so that no profile of this machine leads elsewhere. */
function server({ port }: Place): { readonly address: string; readonly env: Readonly<Record<string, string>> } {
  return { address: `127.0.0.1:${port}`, env: {} };
}

export const holdfast: Contender = {
  async startWorker(place, onStart) {
    // Loaded here, since a client process has no use for the worker's native code.
    const { createWorker, handle } = await import('holdfast/worker');
    const noop = handle(noopJob(place.queue), (input) => {
      onStart(input);
      return NOOP_OUTPUT;
    });
    const worker = await createWorker({ ...server(place), jobs: [noop], concurrency: HANDLER_LIMIT });
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
    };
  },

  async connect(place) {
    const client = await JobClient.connect(server(place));
    const noop = noopJob(place.queue);
    return {
      async add(input) {
        const job = await client.add(noop, input);
        return { completed: () => job.result() };
      },
      endWaiting: () => Promise.resolve(),
    };
  },

  observe: observeQueue,
};
