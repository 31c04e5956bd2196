/**
 * The usage examples of the replaced system as they were written there, from "1." to "Graceful shutdown": only the import
 * path is the package's. Between them stands what makes the outcome certain. Run in a folder with no server anywhere.
 */
import { setTimeout as sleep } from 'node:timers/promises';
// eslint-disable-next-line typescript/consistent-type-imports -- as written
import { jobQueue, BaseJobProcessor, Job } from 'holdfast';

// 1. Create a processor
class EmailProcessor extends BaseJobProcessor<{ to: string; subject: string }> {
  async process(job: Job<{ to: string; subject: string }>): Promise<void> {
    this.updateProgress(job, 25);
    // Send email logic
    this.updateProgress(job, 75);
    // Verify delivery
    this.handleComplete(job, { sent: true });
  }
}

// 2. Initialize queue and register processor
await jobQueue.initialize();
jobQueue.registerProcessor('send-email', new EmailProcessor());

// 3. Add a job
// prettier-ignore
const job = await jobQueue.addJob('send-email', {
  to: 'user@example.com',
  subject: 'Welcome!'
});

// 4. Track job status
const status = await jobQueue.getJobStatus(job.id);
console.log(`Job status: ${status}`);

// 5. Get job details
const jobDetails = await jobQueue.getJob(job.id);
console.log(`Progress: ${jobDetails?.progress}%`);

while ((await jobQueue.getJobStatus(job.id)) !== 'completed') await sleep(20);
const ended = await jobQueue.getJob(job.id);
// eslint-disable-next-line typescript/no-unsafe-member-access -- what the one \`any\` of Job is for
console.log(`Ended: ${ended?.status} at ${ended?.progress}%, sent: ${ended?.result.sent}`);

// High priority job with custom retry
// prettier-ignore
const urgentJob = await jobQueue.addJob(
  'urgent-task',
  { data: 'important' },
  {
    priority: 10,        // Higher priority
    maxAttempts: 5,      // More retries
    delay: 5000,         // Delay 5 seconds
    timeout: 30000,      // 30 second timeout
  }
);

console.log(`Urgent: ${urgentJob.status}, ${urgentJob.maxAttempts} attempts`);

// Get queue statistics
const stats = await jobQueue.getStats();
console.log(`Waiting: ${stats.waiting}, Active: ${stats.active}`);

console.log(JSON.stringify(stats));

// Clean up old jobs (older than 24 hours)
await jobQueue.cleanup(24 * 60 * 60 * 1000);

// Graceful shutdown
await jobQueue.close();

console.log('Closed');
