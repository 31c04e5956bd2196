/** A worker process of the waiting job: `node child.js <WorkerSettings as JSON>`. Tells when a handler starts and when it is told to stop. */
import { answerRequests, tell } from '../answer-requests.ts';
import { now } from '../contender.ts';
import { startWaitingWorker } from './contenders.ts';
import type { WaitingEvent, WorkerSettings } from './worker-process.ts';

const [settings = ''] = process.argv.slice(2);
await answerRequests<never>(async () => {
  await startWaitingWorker({
    ...(JSON.parse(settings) as WorkerSettings),
    report: (moment, job) => tell({ moment, job, at: now() } satisfies WaitingEvent),
  });
  return () => Promise.resolve([]);
});
