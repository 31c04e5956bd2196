/** The contract of the job type. Import it wherever such jobs are added or run: app server, browser, worker. */
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';

export const sendEmail = defineJob({
  name: 'send-email',
  input: z.object({ to: z.email(), subject: z.string() }),
  output: z.object({ messageId: z.string() }),
  queue: 'emails',
});
