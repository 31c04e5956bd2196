// Adds jobs `shared` in a process of its own, so that a test can kill it. Argument: `{ address, acknowledged, numbers, adders, ms, restMs, payloads? }` as JSON.
// Each job that the server has acknowledged is a line of the file `acknowledged`. With `payloads`, a folder, all of them are one batch.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobClient } from '../../../dist/index.js';
import { shared } from './steps.mjs';

const { address, acknowledged, numbers, adders, ms, restMs, payloads } = JSON.parse(process.argv[2]);
const client = await JobClient.connect(payloads === undefined ? { address } : { address, payloads });
process.stdout.write('ready\n');
async function* inputs() {
  for (const n of numbers) {
    if (n % 100 === 0) await sleep(restMs);
    yield { n, ms };
  }
}
if (payloads !== undefined) {
  const { id } = await client.addBatch(shared, inputs());
  appendFileSync(acknowledged, `${JSON.stringify({ id })}\n`);
}
const left = payloads === undefined ? [...numbers] : [];
await Promise.all(
  Array.from({ length: adders }, async () => {
    for (let n = left.shift(); n !== undefined; n = left.shift()) {
      const { id } = await client.add(shared, { n, ms });
      appendFileSync(acknowledged, `${JSON.stringify({ id, n })}\n`);
      await sleep(restMs);
    }
  }),
);
await client.close();
