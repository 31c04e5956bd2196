/** The contracts of the jobs in `workflows.ts`: one that starts others, and those that it starts. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { defineJob } from '../../../src/contract/index.ts';

const queue = `test-${randomUUID()}`;

export const fanOut = defineJob({
  name: 'fan-out',
  queue,
  steps: true,
  input: z.object({
    type: z.enum(['alone', 'shared']),
    names: z.array(z.string()),
    onFailure: z.enum(['collect', 'cancel-rest']).default('collect'),
    group: z.boolean().default(false),
  }),
});
const child = { queue, input: z.string(), retry: { maxAttempts: 2, initialInterval: 50, backoffCoefficient: 1 } };
export const alone = defineJob({ ...child, name: 'alone' });
export const shared = defineJob({ ...child, name: 'shared', group: true });
