/** A worker of its own process. Usage: metered-worker.mjs <queue> <createWorker options as JSON>. Writes `ready`, or the error. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineJob } from '../../../dist/contract/index.js';
import { createWorker, handle } from '../../../dist/worker.js';

const [queue, options] = process.argv.slice(2);
const contract = defineJob({ name: 'metered', input: z.string(), queue });

async function work(input, { signal }) {
  if (input === 'bad') throw Object.assign(new Error('bad input'), { code: 'E_BAD' });
  if (input === 'waits') await sleep(60_000, undefined, { signal });
  return input;
}

try {
  const worker = await createWorker({ jobs: [handle(contract, work)], ...JSON.parse(options) });
  console.log('ready');
  await worker.run();
} catch (error) {
  console.log(`${error.code} ${error.message}`);
}
