/** Owns how the no-op job runs through BullMQ, with its defaults. Redis fsyncs each write, so that an acknowledged job is as safe as on Temporal. */
import { Queue, QueueEvents, Worker } from 'bullmq';
import type { Place } from '../contender.ts';
import { type Contender, HANDLER_LIMIT, NOOP_OUTPUT, type NoopInput } from './contender.ts';

function connectionTo({ port }: Place): { readonly host: string; readonly port: number; readonly maxRetriesPerRequest: null } {
  return { host: '127.0.0.1', port, maxRetriesPerRequest: null };
}

export const bullmq: Contender = {
  async startWorker(place, onStart) {
    const worker = new Worker<NoopInput>(
      place.queue,
      async ({ data }) => {
        onStart(data);
        return await Promise.resolve(NOOP_OUTPUT);
      },
      { connection: connectionTo(place), concurrency: HANDLER_LIMIT },
    );
    await worker.waitUntilReady();
    return () => worker.close();
  },

  async connect(place) {
    const queue = new Queue<NoopInput>(place.queue, { connection: connectionTo(place) });
    const events = new QueueEvents(place.queue, { connection: connectionTo(place) });
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
    return {
      async add(input) {
        const job = await queue.add('noop', input);
        return { completed: () => job.waitUntilFinished(events) };
      },
      endWaiting: () => events.close(),
    };
  },

  async observe(place) {
    const queue = new Queue<NoopInput>(place.queue, { connection: connectionTo(place) });
    await queue.waitUntilReady();
    return {
      countCompleted: () => queue.getCompletedCount(),
      // The jobs of this run would fill Redis for the next one.
      close: async () => {
        await queue.obliterate({ force: true });
        await queue.close();
      },
    };
  },
};
