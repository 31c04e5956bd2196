/** Adds a job, follows it to its end and prints its result, as an app server would. */
import { JobClient } from 'holdfast/client';
import { sendEmail } from './send-email.ts';

const jobs = await JobClient.connect();
const job = await jobs.add(sendEmail, { to: 'reader@example.com', subject: 'Hello' });
for await (const snapshot of job.watch()) {
  console.log(snapshot.status, snapshot.waitingFor?.sentence ?? snapshot.progress?.message ?? '');
}
const { messageId } = await job.result();
console.log(`Sent as ${messageId}`);
await jobs.close();
