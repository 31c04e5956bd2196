// Adds batches of jobs `shared` in a process of its own, so that its memory can be read. Argument: `{ address, payloads, sizes }` as JSON.
// For each size it adds a batch, waits for its end, reads all results, and prints `{ right, rss }` as a line.
import { setTimeout as sleep } from 'node:timers/promises';
import { JobClient } from '../../../dist/index.js';
import { shared } from './steps.mjs';

const SETTLES_MS = 3000;
const { address, payloads, sizes } = JSON.parse(process.argv[2]);
const client = await JobClient.connect({ address, payloads });

function* inputs(items) {
  for (let n = 0; n < items; n += 1) yield { n, ms: 0 };
}

for (const items of sizes) {
  const batch = await client.addBatch(shared, inputs(items));
  await batch.result();
  let right = 0;
  for await (const { index, status, output } of batch.results()) if (status === 'completed' && output.square === index * index) right += 1;
  await sleep(SETTLES_MS);
  process.stdout.write(`${JSON.stringify({ right, rss: process.memoryUsage().rss })}\n`);
}
await client.close();
