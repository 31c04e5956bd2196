/** A program with a queue and a worker that does nothing about signals: `TEMPORAL_ADDRESS` and `QUEUE` say where. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker, defineJob, handle, JobClient, JobQueue } from 'holdfast';

await new JobQueue({ queue: process.env.QUEUE }).initialize();
const anything = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
const slow = defineJob({ name: 'slow', input: anything, queue: `${process.env.QUEUE}-worker` });
const worker = await createWorker({
  jobs: [
    handle(slow, async () => {
      console.log('attempt begins');
      await sleep(1500);
      console.log('attempt ends');
    }),
  ],
});
const client = await JobClient.connect();
await client.add(slow, {});
await client.close();
await worker.run();
console.log('worker ended');
