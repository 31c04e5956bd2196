// A worker in a process of its own, so that a test can kill it. Argument: `{ address, analysis?, log?, queue? }` as JSON.
// With `analysis` (settings of the analyser) it serves the shipped jobs; with `log` (a file) the job `steps`.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker, handle } from '../../../dist/index.js';
import { shippedJobs } from '../../../dist/shipped-jobs.js';
import { steps } from './steps.mjs';

const { address, analysis, log, queue } = JSON.parse(process.argv[2]);

const handleSteps = handle(steps, async ({ count, stepMs }, ctx) => {
  const from = ctx.lastCheckpoint?.next ?? 0;
  appendFileSync(log, `${JSON.stringify({ job: ctx.jobId, attempt: ctx.attempt, from, pid: process.pid, at: Date.now() })}\n`);
  for (let step = from; step < count; step += 1) {
    await sleep(stepMs, undefined, { signal: ctx.signal });
    ctx.checkpoint({ next: step + 1 });
    ctx.progress({ done: step + 1, total: count });
  }
  return { count, from };
});

const worker = await createWorker({
  address,
  shutdownGrace: '500ms',
  jobs: analysis === undefined ? [handleSteps] : shippedJobs(analysis),
  ...(queue === undefined ? {} : { queues: { [queue]: { concurrency: 50 } } }),
});
process.stdout.write('ready\n');
await worker.run();
