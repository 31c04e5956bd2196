/** Runs reports and sends notifications until Ctrl-C or SIGTERM. The signing secret is in HOLDFAST_WEBHOOK_SECRET. */
import { createWorker, handle, notificationJobs } from 'holdfast';
import { makeReport } from './jobs.ts';

const worker = await createWorker({
  jobs: [
    handle(makeReport, ({ month }) => ({ pages: month.length })),
    // The receiver of this example is on this machine, which a webhook may not call unless it is allowed to.
    ...notificationJobs({ allowedHosts: ['127.0.0.1'] }),
  ],
  queues: { notifications: { concurrency: 20 } },
});
await worker.run();
