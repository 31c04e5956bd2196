// The contract of a job that makes one effect at a receiver under its idempotency key, and undoes it when it is cancelled.
import { z } from 'zod';
import { defineJob } from '../../../dist/contract/index.js';

export const charge = defineJob({
  name: 'charge',
  input: z.object({ receiver: z.url() }),
  output: z.object({ effect: z.number() }),
  cleanUp: '1m',
  // One failure is the end: a death that counted as one would be seen.
  retry: { maxAttempts: 1 },
});
