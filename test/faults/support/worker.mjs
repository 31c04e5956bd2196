// A worker in a process of its own, so that a test can kill it. Argument: `{ address, analysis?, concurrency?, hangs?, log?, payloads?, queue? }` as JSON.
// With `analysis` (settings of the shipped jobs) it serves those; with `log` (a file) the jobs `steps`, `shared`, `burn`, `deadly`, `undoable` and `charge`.
// With `hangs` the clean-up of `undoable` never ends, and `charge` reports nothing of the effects that it makes.
import { appendFileSync } from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createWorker, handle } from '../../../dist/index.js';
import { shippedJobs } from '../../../dist/shipped-jobs.js';
import { burn } from './burn.mjs';
import { charge } from './charge.mjs';
import { deadly, shared, steps, undoable } from './steps.mjs';

const { address, analysis, concurrency, hangs, log, payloads, queue } = JSON.parse(process.argv[2]);

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

const handleShared = handle(shared, async ({ n, ms, kills }, ctx) => {
  appendFileSync(log, `${JSON.stringify({ job: ctx.jobId, attempt: ctx.attempt, pid: process.pid, at: Date.now() })}\n`);
  if (kills) process.kill(process.pid, 'SIGKILL');
  if (ms > 0) await sleep(ms, undefined, { signal: ctx.signal });
  return { square: n * n };
});

const handleBurn = handle(burn, async ({ blockMs, slices, restMs }, ctx) => {
  appendFileSync(log, `${JSON.stringify({ job: ctx.jobId, attempt: ctx.attempt, pid: process.pid, at: Date.now() })}\n`);
  for (let slice = 0; slice < slices; slice += 1) {
    const endsAt = performance.now() + blockMs;
    while (performance.now() < endsAt);
    if (slice + 1 < slices) await setImmediate();
  }
  if (restMs > 0) await sleep(restMs, undefined, { signal: ctx.signal });
  return { slices };
});

const handleUndoable = handle(
  undoable,
  async (_input, ctx) => {
    await sleep(600_000, undefined, { signal: ctx.signal });
  },
  {
    onCancel: async (_input, { jobId, attempt, signal }) => {
      appendFileSync(
        log,
        `${JSON.stringify({ job: jobId, attempt, from: hangs === true ? 'begun' : 'done', pid: process.pid, at: Date.now() })}\n`,
      );
      if (hangs === true) await sleep(600_000, undefined, { signal });
    },
  },
);

/** Resolves with the receiver's answer; with `hangs` it has the answer and keeps it. */
async function effectOn(address, { idempotencyKey, signal }) {
  const answer = await fetch(address, { method: 'POST', headers: { 'idempotency-key': idempotencyKey }, signal });
  const effect = await answer.json();
  if (hangs === true) await sleep(600_000, undefined, { signal });
  return effect;
}

const handleCharge = handle(charge, ({ receiver }, ctx) => effectOn(`${receiver}/charge`, ctx), {
  onCancel: async ({ receiver }, ctx) => {
    await effectOn(`${receiver}/refund`, ctx);
  },
});

const handleDeadly = handle(deadly, async ({ kills }, ctx) => {
  appendFileSync(log, `${JSON.stringify({ job: ctx.jobId, attempt: ctx.attempt, pid: process.pid, at: Date.now() })}\n`);
  if (kills) process.kill(process.pid, 'SIGKILL');
  await sleep(500, undefined, { signal: ctx.signal });
});

const worker = await createWorker({
  address,
  shutdownGrace: '500ms',
  jobs:
    analysis === undefined ? [handleSteps, handleShared, handleBurn, handleDeadly, handleUndoable, handleCharge] : shippedJobs(analysis),
  ...(payloads === undefined ? {} : { payloads }),
  ...(concurrency === undefined ? {} : { concurrency }),
  ...(hangs === undefined ? {} : { concurrency: 50 }),
  ...(queue === undefined ? {} : { queues: { [queue]: { concurrency: 50 } } }),
});
process.stdout.write('ready\n');
await worker.run();
