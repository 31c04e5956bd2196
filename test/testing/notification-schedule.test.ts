/** The attempts of a notification over its three days, which pass in moments. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SECRET } from '../activities/send-notification/run-delivery.ts';
import { sendNotification } from '../../src/jobs/send-notification.ts';
import { notificationJobs } from '../../src/shipped-jobs.ts';
import { testEnvironment, type TestEnvironment } from '../../src/testing/index.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

const SECONDS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
let environment: TestEnvironment;

beforeAll(async () => {
  environment = await testEnvironment({
    jobs: notificationJobs({ env: {}, webhookSecrets: { default: SECRET }, allowedHosts: ['127.0.0.1'] }),
  });
});

afterAll(() => environment.close());

it('follow the schedule of the Standard Webhooks specification, and then the job has failed', async () => {
  const receiver = await webhookReceiver((response) => response.writeHead(500).end());
  const job = await environment.jobs.add(sendNotification, { webhook: { url: receiver.url, type: 'invoice.paid' } });
  await expect(job.result()).rejects.toMatchObject({ code: 'receiver-failed' });
  const times = await environment.attemptTimes(job.id, 'deliver-webhook');
  const waits = times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / 1000);
  expect(waits).toHaveLength(SECONDS.length);
  for (const [index, seconds] of SECONDS.entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(seconds);
    expect(waits[index]).toBeLessThan(seconds * 1.1 + 5);
  }
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
});
