/** What the death of a worker costs notifications: a delivery that was under way is made again as the same one, and every end is told once. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { JobHandle } from '../../src/client.ts';
import type { AddOptions } from '../../src/contract/add-options.ts';
import type { InputOf } from '../../src/contract/define-job.ts';
import { sendNotification } from '../../src/jobs/send-notification.ts';
import { SECRET } from '../activities/send-notification/run-delivery.ts';
import { eventually, ownQueue } from '../support/jobs.ts';
import { seeded } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';
import { ownClient, ownFolder, ownServer, startWorkerProcess, type WorkerProcess } from './support/processes.ts';

const JOBS = 20;
const LONGEST_WAIT_MS = 400;

test('a delivery whose worker is killed is made again with the same id, and uses up no attempt', { timeout: 120_000 }, async () => {
  const { start, send } = await office();
  const receiver = await webhookReceiver((response, _request, number) => {
    if (number > 1) response.writeHead(204).end();
  });
  const worker = await start();
  const job = await send({ webhook: { url: receiver.url, type: 'invoice.paid' }, retry: { maxAttempts: 1 } });
  await eventually('the delivery', () => receiver.received.length === 1);
  await worker.kill();
  await start();
  const { deliveries } = await job.result();
  expect(deliveries).toMatchObject([{ status: 'delivered', attempts: 1 }]);
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

test('jobs whose worker is killed around their end are each told of once', { timeout: 600_000 }, async () => {
  const { start, send, queue } = await office();
  const told = await webhookReceiver();
  const random = seeded(Date.now());
  let worker = await start();
  for (let kill = 0; kill < scaled(1, 6); kill += 1) {
    const receiver = await webhookReceiver();
    const notify = { webhook: { url: told.url }, queue };
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, () => send({ webhook: { url: receiver.url, type: 'invoice.paid' } }, { notify })),
    );
    await eventually('the first deliveries', () => receiver.received.length > 0);
    await sleep(random() * LONGEST_WAIT_MS);
    await worker.kill();
    worker = await start();
    await Promise.all(jobs.map((job) => job.result()));
    const ids = new Set(jobs.map(({ id }) => id));
    const noticesOf = (): string[] =>
      told.received.filter(({ body }) => ids.has(subjectOf(body))).map(({ headers }) => headers['webhook-id'] ?? '');
    await eventually('all notices', () => new Set(noticesOf()).size >= JOBS);
    // One that was under way may come twice, as the same one.
    expect(new Set(noticesOf()).size).toBe(JOBS);
    expect(new Set(told.received.map(({ body }) => subjectOf(body))).size).toBe(JOBS * (kill + 1));
  }
});

/** The job that a notice is about. */
function subjectOf(body: string): string {
  return (JSON.parse(body) as { data: { id: string } }).data.id;
}

type Input = InputOf<typeof sendNotification>;

interface Office {
  readonly queue: string;
  readonly start: () => Promise<WorkerProcess>;
  readonly send: (input: Input, options?: AddOptions) => Promise<JobHandle<typeof sendNotification>>;
}

async function office(): Promise<Office> {
  const server = await ownServer();
  const client = await ownClient(server);
  const queue = ownQueue();
  const notifications = { env: {}, webhookSecrets: { default: SECRET }, allowedHosts: ['127.0.0.1'], perReceiver: JOBS };
  const analysis = { workDir: join(await ownFolder(), 'work'), allowedRoots: [], notifications };
  return {
    queue,
    start: () => startWorkerProcess({ address: server.address, queue, analysis }),
    send: (input, options) => client.add(sendNotification, input, { ...options, queue }),
  };
}
