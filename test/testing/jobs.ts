/** Job types whose handlers do what the test says, and a count of nothing else. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineJob, type RetryOptions } from '../../src/contract/index.ts';
import { handle, type JobDeclaration } from '../../src/worker.ts';

export const greet = defineJob({ name: 'greet', input: z.object({ name: z.string() }), output: z.string() });

/** Fails until the attempt that its input names. */
export const flaky = flakyWith('flaky', {});
export const impatient = flakyWith('impatient', { maxAttempts: 5, initialInterval: '1m', backoffCoefficient: 1 });
export const patient = flakyWith('patient', { maxAttempts: 5, initialInterval: '1h', backoffCoefficient: 3, maximumInterval: '6h' });

/** Runs until it is stopped. */
export const endless = defineJob({ name: 'endless', input: z.object({}) });

/** What `endless` was stopped for. */
export const stops: string[] = [];

export const handled: readonly JobDeclaration[] = [
  handle(greet, ({ name }) => `Hello ${name}`),
  ...[flaky, impatient, patient].map((contract) =>
    handle(contract, ({ until }, ctx) => {
      const before = ctx.lastCheckpoint;
      ctx.checkpoint(ctx.attempt);
      if (ctx.attempt < until) throw new Error(`not yet, at attempt ${ctx.attempt}`);
      return { attempt: ctx.attempt, before };
    }),
  ),
  handle(endless, async (_input, ctx) => {
    ctx.signal.addEventListener('abort', () => stops.push(String((ctx.signal.reason as { code?: unknown }).code)));
    await sleep(600_000, undefined, { signal: ctx.signal });
  }),
];

function flakyWith(name: string, retry: RetryOptions) {
  return defineJob({ name, input: z.object({ until: z.number() }), retry: { jitter: 0, ...retry } });
}
