/** A program that processes jobs and does nothing about signals: `TEMPORAL_ADDRESS` and `QUEUE` say where. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobQueue } from 'holdfast';

await new JobQueue({ queue: `${process.env.QUEUE}-other` }).initialize();
const queue = new JobQueue({ queue: process.env.QUEUE });
await queue.initialize();
queue.registerProcessor('slow', {
  async process(job) {
    console.log(`attempt ${job.attempts} begins`);
    await sleep(1500);
    console.log('attempt ends');
    return 'done';
  },
});
