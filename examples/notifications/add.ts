/** Has a report made and is told of its end; then sends a notification of its own, and looks at what became of it. */
import { JobClient, sendNotification } from 'holdfast';
import { makeReport } from './jobs.ts';
import { startReceiver } from './receiver.ts';

const receiver = await startReceiver();
const jobs = await JobClient.connect();
// Sent by the worker of the reports; without `queue` it would be one of the queue "notifications".
const queue = 'reports';

const told = receiver.next();
const report = await jobs.add(makeReport, { month: '2026-11' }, { notify: { on: 'completed', webhook: { url: receiver.url }, queue } });
console.log(`The report has ${(await report.result()).pages} pages`);
console.log('Received', JSON.stringify(await told));

const data = { report: report.id };
const job = await jobs.add(sendNotification, { webhook: { url: receiver.url, type: 'report.sent', data } }, { queue });
for (const { status, log } of (await job.result()).deliveries) {
  console.log(status, ...log.map((attempt) => `${attempt.status}: ${attempt.answer}`));
}
await jobs.close();
receiver.close();
