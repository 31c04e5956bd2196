/** The contract of a job whose end somebody wants to know of. */
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';

export const makeReport = defineJob({
  name: 'make-report',
  input: z.object({ month: z.string() }),
  output: z.object({ pages: z.number() }),
  queue: 'reports',
});
