// Adds jobs `shared` in a process of its own, so that a test can kill it. Argument: `{ address, acknowledged, numbers, adders, ms, restMs }` as JSON.
// Each job that the server has acknowledged is a line of the file `acknowledged`.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobClient } from '../../../dist/index.js';
import { shared } from './steps.mjs';

const { address, acknowledged, numbers, adders, ms, restMs } = JSON.parse(process.argv[2]);
const client = await JobClient.connect({ address });
process.stdout.write('ready\n');
const left = [...numbers];
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
