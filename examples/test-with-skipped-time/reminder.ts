/** What is tested: a reminder that is sent a day later, and sent again when the mail server does not take it. */
import { defineJob } from 'holdfast/contract';
import { handle, type HandledJob } from 'holdfast/worker';
import { z } from 'zod';

export const remind = defineJob({
  name: 'remind',
  input: z.object({ to: z.email() }),
  retry: { maxAttempts: 3, initialInterval: '10m', backoffCoefficient: 3, maximumInterval: '1h', jitter: 0 },
  queue: 'reminders',
});

/** The handler, over whatever sends mail. */
export function reminder(send: (to: string) => Promise<void>): HandledJob {
  return handle(remind, async ({ to }) => {
    await send(to);
  });
}
