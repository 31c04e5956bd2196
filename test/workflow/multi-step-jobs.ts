/** The contracts of the multi-step jobs in `workflows.ts`. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';

const queue = `test-${randomUUID()}`;

export const course = defineJob({
  name: 'course',
  input: z.object({ id: z.string(), course: z.string(), times: z.number().default(2), failCleanUp: z.boolean().default(false) }),
  queue,
  steps: true,
});
export const step = defineJob({ name: 'step', input: z.object({ id: z.string(), what: z.string() }), queue, retry: { maxAttempts: 1 } });
export const cleaned = defineJob({
  name: 'cleaned',
  input: z.object({ id: z.string(), what: z.string(), fail: z.boolean().default(false) }),
  queue,
  retry: { maxAttempts: 1 },
});
