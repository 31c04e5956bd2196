/** Owns how the waiting job runs through Holdfast: by its public API, as a user would write it. */
import { JobClient } from 'holdfast/client';
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';
import type { Place } from '../contender.ts';
import { type WaitingContender, type WaitingPlan, waitUntilTold } from './contender.ts';
import type { HoldfastVariant } from './variant.ts';

function waitingJob({ place, variant: { heartbeat, group } }: WaitingPlan<HoldfastVariant>) {
  const settings = { queue: place.queue, ...(heartbeat === undefined ? {} : { heartbeat }), ...(group === undefined ? {} : { group }) };
  return defineJob({ name: 'waiting', input: z.object({ job: z.string() }), ...settings });
}

/** The server is named, so that no profile of this machine leads elsewhere. */
function server({ port }: Place): { readonly address: string; readonly env: Readonly<Record<string, string>> } {
  return { address: `127.0.0.1:${port}`, env: {} };
}

export const holdfast: WaitingContender<HoldfastVariant> = {
  async startWorker({ place, variant, concurrency, report }) {
    const { createWorker, handle } = await import('holdfast/worker');
    const waiting = handle(waitingJob({ place, variant }), (input, { signal }) => waitUntilTold(input, signal, report));
    const worker = await createWorker({ ...server(place), jobs: [waiting], concurrency });
    void worker.run();
  },

  async connect(plan) {
    const client = await JobClient.connect(server(plan.place));
    const waiting = waitingJob(plan);
    return {
      async add(input) {
        const { id } = await client.add(waiting, input);
        return id;
      },
      async cancel(id) {
        await client.cancel(id);
      },
      close: () => client.close(),
    };
  },
};
