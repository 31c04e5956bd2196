/** Runs the jobs until Ctrl-C or SIGTERM. The first attempt fails here, to show the second one. */
import { createWorker, handle } from 'holdfast/worker';
import { sendEmail } from './send-email.ts';

const worker = await createWorker({
  jobs: [
    handle(sendEmail, async ({ to, subject }, ctx) => {
      ctx.progress(25, 'connecting');
      if (ctx.attempt === 1) throw new Error('The mail server hung up.');
      console.log(`To ${to}: ${subject}`);
      return { messageId: ctx.idempotencyKey };
    }),
  ],
});
await worker.run();
