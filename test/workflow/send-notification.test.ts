/** The job `send-notification` on a real server: deliveries that keep apart, what is left of those that fail, and who waits for whom. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { NEXT_SECRET, SECRET } from '../activities/send-notification/run-delivery.ts';
import type { JobClient, JobHandle } from '../../src/client.ts';
import type { InputOf } from '../../src/contract/define-job.ts';
import { sendNotification } from '../../src/jobs/send-notification.ts';
import { type NotificationSettings, notificationJobs } from '../../src/shipped-jobs.ts';
import { connectClient, eventually, gate, ownQueue, type RunningWorker, runWorker, startWorker } from '../support/jobs.ts';
import { mailServer } from '../support/mail-server.ts';
import { scaled } from '../support/scale.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

type Input = InputOf<typeof sendNotification>;
type Job = JobHandle<typeof sendNotification>;

interface Sender {
  readonly client: JobClient;
  readonly worker: RunningWorker;
  readonly send: (input: Input, options?: object) => Promise<Job>;
}

const usual: NotificationSettings = { env: {}, webhookSecrets: { default: SECRET }, allowedHosts: ['127.0.0.1'] };
const sharedQueue = ownQueue();
let sharedWorker: RunningWorker;

beforeAll(async () => {
  sharedWorker = await startWorker({ jobs: notificationJobs(usual), queues: { [sharedQueue]: {} } });
});

afterAll(async () => await sharedWorker.stop());

/** A client beside the worker of this file. */
async function sender(): Promise<Omit<Sender, 'worker'>> {
  const client = await connectClient();
  return { client, send: async (input, options) => await client.add(sendNotification, input, { ...options, queue: sharedQueue }) };
}

/** A client and a worker with a queue of their own. */
async function ownSender(settings: NotificationSettings = {}, concurrency = 5): Promise<Sender> {
  const queue = ownQueue();
  const jobs = notificationJobs({ ...usual, ...settings });
  const worker = await runWorker({ jobs, queues: { [queue]: { concurrency } } });
  const client = await connectClient();
  return { client, worker, send: async (input, options) => await client.add(sendNotification, input, { ...options, queue }) };
}

const type = 'invoice.paid';
/** Attempts follow each other as fast as the server lets them. */
const fast = (...intervals: number[]): Pick<Input, 'retry'> => ({ retry: { intervals: intervals.length === 0 ? [1] : intervals } });

describe('a notification', () => {
  test('goes to each receiver on its own: one that fails repeats no other, and the result has the log of all', async () => {
    const receiver = await webhookReceiver((response, _request, number) =>
      response.writeHead(number === 1 ? 500 : 202).end(`answer ${number}`),
    );
    const mails = await mailServer({ refuse: (address) => (address.startsWith('nobody') ? { code: 550, message: 'unknown' } : undefined) });
    const { send } = await ownSender({ mailServers: { default: { url: `smtp://127.0.0.1:${mails.port}`, from: 'a@shop.example' } } });
    const job = await send({
      webhook: { url: receiver.url, type, data: { id: 'in_42' } },
      email: { to: ['ada@example.com', 'nobody@example.com', 'grace@example.com'], subject: 'Hi', text: 'there' },
      ...fast(1),
    });
    const { deliveries } = await job.result();
    expect(deliveries.map(({ channel, to, status, attempts }) => [channel, to, status, attempts])).toEqual([
      ['webhook', receiver.url, 'delivered', 2],
      ['email', 'ada@example.com', 'delivered', 1],
      ['email', 'nobody@example.com', 'failed', 1],
      ['email', 'grace@example.com', 'delivered', 1],
    ]);
    expect(deliveries[0]?.log).toMatchObject([
      { status: 500, answer: 'answer 1', error: 'The receiver answered 500 with: answer 1.' },
      { status: 202, answer: 'answer 2' },
    ]);
    expect(deliveries[2]).toMatchObject({ error: { code: 'mail-rejected' }, log: [{ status: 550 }] });
    expect(mails.named.toSorted()).toEqual(['ada@example.com', 'grace@example.com', 'nobody@example.com']);
    const [first, second] = receiver.received;
    expect(first?.headers['webhook-id']).toBe(second?.headers['webhook-id']);
    const { addedAt } = await job.get();
    expect(new Webhook(SECRET).verify(second?.body ?? '', second?.headers ?? {})).toEqual({
      type,
      timestamp: expect.stringContaining(addedAt.slice(0, 16)) as string,
      data: { id: 'in_42' },
    });
  });

  test('of many large mails is started in parts, and arrives whole', async () => {
    const mails = await mailServer();
    const to = Array.from({ length: 30 }, (_, index) => `a${index}@example.com`);
    const { send } = await ownSender(
      { perReceiver: 20, mailServers: { default: { url: `smtp://127.0.0.1:${mails.port}`, from: 'a@shop.example' } } },
      20,
    );
    const job = await send({ email: { to, subject: 'Hi', text: 'x'.repeat(60_000) } });
    const { deliveries } = await job.result();
    expect(deliveries.filter(({ status }) => status === 'delivered')).toHaveLength(30);
    expect(new Set(mails.mails.map((mail) => mail.to[0]))).toEqual(new Set(to));
  });

  test('to a receiver that answers 410 fails for good, with its own code, and the receiver is not called again', async () => {
    const receiver = await webhookReceiver((response) => response.writeHead(410).end('gone away'));
    const { send } = await sender();
    const job = await send({ webhook: { url: receiver.url, type }, ...fast(1, 1, 1) });
    await expect(job.result()).rejects.toMatchObject({ code: 'receiver-gone' });
    const { status, error, attempts } = await job.get();
    expect({ status, error }).toMatchObject({ status: 'failed', error: { code: 'receiver-gone' } });
    expect(attempts).toMatchObject([{ attempt: 1, outcome: 'failed', error: { code: 'receiver-gone' } }]);
    expect(receiver.received).toHaveLength(1);
  });

  test('that failed has the same id when it is sent again by hand, and another one once its key is free for another job', async () => {
    let answer = 410;
    const receiver = await webhookReceiver((response) => response.writeHead(answer).end());
    const { send } = await sender();
    const input: Input = { webhook: { url: receiver.url, type } };
    const keyed = { dedupeKey: `order-${Math.random()}`, dedupeWindow: 0 };
    const job = await send(input, keyed);
    await job.result().catch(() => undefined);
    answer = 204;
    await job.retry();
    await job.result();
    await (await send(input, keyed)).result();
    const [first, again, next] = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(again).toBe(first);
    expect(next).not.toBe(first);
  });

  test('whose worker lacks the secret waits until one has it, and uses up no attempt', async () => {
    const receiver = await webhookReceiver();
    const { send, worker } = await ownSender();
    const job = await send({ webhook: { url: receiver.url, type, secret: 'shop' }, retry: { maxAttempts: 1 } });
    const { waitingFor } = await eventually('the first attempt to fail', async () => {
      const snapshot = await job.get();
      return snapshot.waitingFor?.code === 'turn' && snapshot;
    });
    expect(waitingFor?.sentence).toContain('This worker has no webhook secret "shop"; it has: default.');
    await worker.stop();
    const { queue } = await job.get();
    await runWorker({
      jobs: notificationJobs({ ...usual, webhookSecrets: { shop: NEXT_SECRET } }),
      queues: { [queue]: {} },
    });
    const { deliveries } = await job.result();
    expect(deliveries).toMatchObject([{ status: 'delivered', attempts: 1 }]);
    const { body, headers } = receiver.first();
    expect(new Webhook(NEXT_SECRET).verify(body, headers)).toBeDefined();
  });

  it('is tried again when its receiver says it is time', async () => {
    const receiver = await webhookReceiver((response, _request, number) =>
      number === 1 ? response.writeHead(503, { 'retry-after': '1' }).end() : response.writeHead(204).end(),
    );
    const { send } = await sender();
    const job = await send({ webhook: { url: receiver.url, type }, retry: { intervals: ['1h'] } });
    const [delivery] = (await job.result()).deliveries;
    const [first, second] = (delivery?.log ?? []).map(({ at }) => Date.parse(at));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(990);
    expect((second ?? 0) - (first ?? 0)).toBeLessThan(10_000);
  });
});

describe('a receiver that hangs', () => {
  const RECEIVERS = 10;

  test('delays nobody else, with the five places that a queue has unless it is told otherwise', { timeout: 600_000 }, async () => {
    const each = scaled(5, 100);
    const held = gate();
    const hanging = await webhookReceiver((response) => void held.opened.then(() => response.writeHead(204).end()));
    const others = await Promise.all(Array.from({ length: RECEIVERS - 1 }, () => webhookReceiver()));
    const { client, send } = await ownSender();
    const startedAt = Date.now();
    const waiting: Job[] = [];
    const done: Job[] = [];
    for (let round = 0; round < each; round += 1) {
      // The one that hangs first, so that its deliveries are ahead of all others.
      waiting.push(await send({ webhook: { url: hanging.url, type } }));
      done.push(...(await Promise.all(others.map(async ({ url }) => await send({ webhook: { url, type } })))));
    }
    const ends = await Promise.all(done.map(async (job) => (await job.result()).deliveries[0]));
    const tookMs = Date.now() - startedAt;
    expect(ends.every((delivery) => delivery?.status === 'delivered')).toBe(true);
    for (const { received } of others) expect(received).toHaveLength(each);
    const snapshots = await Promise.all(waiting.map(async (job) => await job.get()));
    expect(snapshots.every(({ endedAt }) => endedAt === undefined)).toBe(true);
    // It holds no more than its share of places while it hangs.
    expect(hanging.connections()).toBeGreaterThan(0);
    console.log(`${done.length} deliveries done in ${tookMs} ms while ${waiting.length} waited for a receiver that hangs.`);
    const turn = snapshots.find(({ waitingFor }) => waitingFor?.code === 'turn');
    expect(turn?.waitingFor?.sentence).toMatch(
      /^The receiver 127\.0\.0\.1:\d+ has [12] under way in this worker: .* It is tried at \d{4}-/,
    );
    expect(turn?.attempts).toEqual([]);
    held.open();
    await Promise.all(waiting.map(async (job) => await client.cancel(job.id)));
  });
});
