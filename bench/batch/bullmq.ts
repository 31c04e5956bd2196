/** Owns how the items run through BullMQ: as jobs that are added 1 000 at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { type BatchContender, type BatchPlace, HANDLER_LIMIT, NOOP_OUTPUT } from './contender.ts';

const BULK = 1000;
const POLL_MS = 20;

function connectionTo({ port }: BatchPlace): { readonly host: string; readonly port: number; readonly maxRetriesPerRequest: null } {
  return { host: '127.0.0.1', port, maxRetriesPerRequest: null };
}

export const bullmq: BatchContender = {
  async startWorker(place) {
    const worker = new Worker(place.queue, async () => await Promise.resolve(NOOP_OUTPUT), {
      connection: connectionTo(place),
      concurrency: HANDLER_LIMIT,
    });
    await worker.waitUntilReady();
    return () => worker.close();
  },

  async connect(place) {
    const queue = new Queue(place.queue, { connection: connectionTo(place) });
    await queue.waitUntilReady();
    return {
      async add(items) {
        await queue.obliterate({ force: true });
        for (let first = 0; first < items; first += BULK)
          await queue.addBulk(
            Array.from({ length: Math.min(BULK, items - first) }, (_none, n) => ({ name: 'noop', data: { n: first + n } })),
          );
        return {
          async completed() {
            while ((await queue.getCompletedCount()) < items) await sleep(POLL_MS);
          },
          countRight: async () => await countRight(queue, items),
        };
      },
    };
  },
};

async function countRight(queue: Queue, items: number): Promise<number> {
  let right = 0;
  for (let first = 0; first < items; first += BULK) {
    const jobs = await queue.getCompleted(first, first + BULK - 1);
    right += jobs.filter(({ returnvalue, attemptsMade }) => (returnvalue as typeof NOOP_OUTPUT).ok && attemptsMade === 1).length;
  }
  return right;
}
