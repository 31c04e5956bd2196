/** Adds an album, shows its steps as they run, and prints its result. */
import { JobClient } from 'holdfast/client';
import { publishAlbum } from './jobs.ts';

const jobs = await JobClient.connect();
const job = await jobs.add(publishAlbum, { title: 'Summer', photos: ['beach.jpg', 'pier.jpg', 'rain.jpg'] });
for await (const { status, progress, steps } of job.watch()) {
  const parts = steps.map((step) => `${step.label ?? step.type} ${Math.round(step.progress?.percent ?? 0)} %`);
  console.log(status, `${Math.round(progress?.percent ?? 0)} %`, parts.join(', '));
}
const { address, bytes } = await job.result();
console.log(`Published at ${address}, ${bytes} bytes`);
await jobs.close();
