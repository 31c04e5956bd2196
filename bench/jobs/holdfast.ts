/** Owns how the no-op job runs through Holdfast: by its public API, as a user would write it. */
import { JobClient, type JobHandle } from 'holdfast/client';
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';
import type { Place } from '../contender.ts';
import { runWorker } from '../holdfast-worker.ts';
import { type Contender, HANDLER_LIMIT, NOOP_OUTPUT, type Observer } from './contender.ts';
import { observeQueue } from './observe-queue.ts';

/** The contract, with the queue of one run: the worker then serves this queue and no other, as raw Temporal's does. */
function noopJob({ queue, isGrouped }: Place) {
  return defineJob({
    name: 'noop',
    input: z.object({ addedAt: z.number() }),
    output: z.object({ ok: z.boolean() }),
    queue,
    ...(isGrouped === true ? { group: true } : {}),
  });
}

/** The server is named, so that no profile of this machine leads elsewhere. */
function server({ port }: Place): { readonly address: string; readonly env: Readonly<Record<string, string>> } {
  return { address: `127.0.0.1:${port}`, env: {} };
}

/** True for a job that has completed at the first attempt, with the output of its handler. */
async function isRight(job: JobHandle): Promise<boolean> {
  const { status, attempt, output } = await job.get();
  return status === 'completed' && attempt === 1 && (output as typeof NOOP_OUTPUT).ok;
}

/** Counts jobs where a workflow is not one. */
async function observeJobs(place: Place): Promise<Observer> {
  const client = await JobClient.connect(server(place));
  return {
    countCompleted: async () => (await client.count({ queue: place.queue })).completed,
    close: () => client.close(),
  };
}

export const holdfast: Contender = {
  async startWorker(place, onStart) {
    const { handle } = await import('holdfast/worker');
    const noop = handle(noopJob(place), (input) => {
      onStart(input);
      return NOOP_OUTPUT;
    });
    return await runWorker({ ...server(place), jobs: [noop], concurrency: HANDLER_LIMIT });
  },

  async connect(place) {
    const client = await JobClient.connect(server(place));
    const noop = noopJob(place);
    return {
      async add(input) {
        const job = await client.add(noop, input);
        return { completed: () => job.result(), isRight: async () => await isRight(job) };
      },
      endWaiting: () => Promise.resolve(),
    };
  },

  observe: (place) => (place.isGrouped === true ? observeJobs(place) : observeQueue(place)),
};
