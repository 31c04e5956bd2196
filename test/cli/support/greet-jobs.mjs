/** A user's module of jobs, as `holdfast worker --jobs` takes it. Its queue is of one test only. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, handle } from 'holdfast';
import { z } from 'zod';

const greet = defineJob({
  name: 'greet',
  input: z.object({ name: z.string(), waitMs: z.number().default(0) }),
  output: z.string(),
  queue: process.env.GREET_QUEUE,
});

export const jobs = [
  handle(greet, async ({ name, waitMs }) => {
    await sleep(waitMs);
    return `Hello, ${name}`;
  }),
];
