/** Owns how the items run through Holdfast: as one batch, by its public API. */
import { JobClient } from 'holdfast/client';
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';
import { runWorker } from '../holdfast-worker.ts';
import { type BatchContender, type BatchPlace, HANDLER_LIMIT, NOOP_OUTPUT } from './contender.ts';

function noopJob({ queue }: BatchPlace) {
  return defineJob({ name: 'noop', input: z.object({ n: z.number() }), output: z.object({ ok: z.boolean() }), queue });
}

function server({ port, payloads }: BatchPlace) {
  return { address: `127.0.0.1:${port}`, env: {}, payloads };
}

function* numbers(count: number) {
  for (let n = 0; n < count; n += 1) yield { n };
}

export const holdfast: BatchContender = {
  async startWorker(place) {
    const { handle } = await import('holdfast/worker');
    return await runWorker({ ...server(place), jobs: [handle(noopJob(place), () => NOOP_OUTPUT)], concurrency: HANDLER_LIMIT });
  },

  async connect(place) {
    const client = await JobClient.connect(server(place));
    const noop = noopJob(place);
    return {
      async add(items) {
        const batch = await client.addBatch(noop, numbers(items));
        return {
          completed: async () => void (await batch.result()),
          async countRight() {
            let right = 0;
            for await (const { status, attempt, output } of batch.results()) {
              if (status === 'completed' && attempt === 1 && (output as typeof NOOP_OUTPUT).ok) right += 1;
            }
            return right;
          },
        };
      },
    };
  },
};
