// Reads events in a process of its own, so that a test can stop it with a signal. Arguments: url, key, queue. Prints a line for each event.
import { RemoteJobs } from '../../../dist/remote-client.js';

const [url, key, queue] = process.argv.slice(2);
const jobs = new RemoteJobs({ url, key });
process.stdout.write('ready\n');
for await (const { id, job } of jobs.events({ queue }))
  process.stdout.write(`${JSON.stringify({ id, job: job.id, version: job.version, status: job.status })}\n`);
