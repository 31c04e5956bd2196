/** Owns how the waiting job runs through BullMQ, with its defaults. */
import { Queue, Worker } from 'bullmq';
import type { Place } from '../contender.ts';
import { type WaitingContender, type WaitingInput, waitUntilTold } from './contender.ts';
import type { BullmqVariant } from './variant.ts';

function connectionTo({ port }: Place): { readonly host: string; readonly port: number; readonly maxRetriesPerRequest: null } {
  return { host: '127.0.0.1', port, maxRetriesPerRequest: null };
}

export const bullmq: WaitingContender<BullmqVariant> = {
  async startWorker({ place, concurrency, report }) {
    // Nothing in Redis tells a handler to stop.
    const never = new AbortController().signal;
    const handler = ({ data }: { readonly data: WaitingInput }): Promise<never> => waitUntilTold(data, never, report);
    const worker = new Worker<WaitingInput>(place.queue, handler, { connection: connectionTo(place), concurrency });
    await worker.waitUntilReady();
  },

  async connect({ place }) {
    const queue = new Queue<WaitingInput>(place.queue, { connection: connectionTo(place) });
    await queue.waitUntilReady();
    return {
      async add(input) {
        const { id } = await queue.add('waiting', input);
        return id ?? '';
      },
      cancel: () => Promise.reject(new Error('BullMQ cannot cancel a running job from another process.')),
      close: () => queue.close(),
    };
  },
};
