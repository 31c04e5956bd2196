// The contract of a job that blocks its event loop, in slices, and rests afterwards.
import { z } from 'zod';
import { defineJob } from '../../../dist/contract/index.js';

export const burn = defineJob({
  name: 'burn',
  input: z.object({ blockMs: z.number(), slices: z.number().default(1), restMs: z.number().default(0) }),
  output: z.object({ slices: z.number() }),
  retry: { maxAttempts: 2 },
});
