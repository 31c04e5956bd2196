/** Notices of the end of a job: of which ends, with what, at what cost, and that whatever becomes of them the job does not wait. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { SECRET } from '../activities/send-notification/run-delivery.ts';
import type { JobClient } from '../../src/client.ts';
import { defineJob, type NoticeOptions } from '../../src/contract/index.ts';
import { sendNotification } from '../../src/jobs/send-notification.ts';
import { notificationJobs } from '../../src/shipped-jobs.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { connectClient, eventually, ownQueue, type RunningWorker, runWorker, startWorker, temporalClient } from '../support/jobs.ts';
import { type MailServerFixture, startMailServer, type TakenMail } from '../support/mail-server.ts';
import { webhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

/** Numbers of Temporal's event types: those of a plain job, then a child that was asked for (29) and started (31), and the end. */
const WITH_NOTICE = [1, 5, 6, 7, 10, 11, 12, 5, 6, 7, 29, 31, 5, 6, 7, 2];

const queue = ownQueue();
const contract = defineJob({
  name: 'told',
  input: z.object({ what: z.enum(['completes', 'fails', 'hangs']) }),
  retry: { maxAttempts: 1 },
  queue,
});

async function run({ what }: { what: string }, { signal }: HandlerContext): Promise<string> {
  if (what === 'fails') throw Object.assign(new Error('no paper'), { code: 'E_NO_PAPER' });
  if (what === 'hangs') await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  return 'done';
}

let worker: RunningWorker;
let mails: MailServerFixture;

beforeAll(async () => {
  mails = await startMailServer();
  const notices = notificationJobs({
    env: {},
    webhookSecrets: { default: SECRET },
    allowedHosts: ['127.0.0.1'],
    mailServers: { default: { url: `smtp://127.0.0.1:${mails.port}`, from: 'holdfast@shop.example' } },
    templates: { end: { subject: '{{type}}: {{status}}', text: '{{id}} {{code}} {{endedAt}}' } },
  });
  worker = await startWorker({ jobs: [handle(contract, run), ...notices], queues: { [queue]: {} } });
});

afterAll(async () => {
  await worker.stop();
  mails.close();
});

interface Office {
  readonly client: JobClient;
  readonly receiver: WebhookReceiver;
  /** A notice to the receiver, sent by the worker of this file. */
  readonly notify: (more?: NoticeOptions) => NoticeOptions;
}

async function office(): Promise<Office> {
  const [receiver, client] = await Promise.all([webhookReceiver(), connectClient()]);
  return { client, receiver, notify: (more) => ({ webhook: { url: receiver.url }, queue, ...more }) };
}

/** Mails that were sent about a job. */
function mailsAbout(id: string): readonly TakenMail[] {
  return mails.mails.filter(({ raw }) => raw.replaceAll('=\r\n', '').includes(id));
}

/** Payloads of the webhooks so far, verified. */
function payloads({ received }: WebhookReceiver): unknown[] {
  return received.map(({ body, headers }) => new Webhook(SECRET).verify(body, headers));
}

const isoTime: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

describe('a notice', () => {
  it.each([
    ['completes', 'completed', {}],
    ['fails', 'failed', { code: 'E_NO_PAPER' }],
    ['hangs', 'cancelled', {}],
  ] as const)('of a job that %s is a thin, signed webhook, sent by a job of its own', async (what, status, code) => {
    const { client, receiver, notify } = await office();
    const job = await client.add(contract, { what }, { notify: notify() });
    if (what === 'hangs') {
      await eventually('the handler to run', async () => (await job.get()).status === 'processing');
      await job.cancel('enough');
    }
    await job.result().catch(() => undefined);
    await eventually('the notice', () => receiver.received.length > 0);
    expect(payloads(receiver)).toEqual([
      { type: `job.${status}`, timestamp: isoTime, data: { id: job.id, type: 'told', status, run: 1, ...code } },
    ]);
    expect((await job.get()).status).toBe(status);
  });

  test('is sent of the ends that it is asked for, and of no other; several are several', async () => {
    const { client, receiver, notify } = await office();
    const [onFailed, onCompleted] = [notify({ on: 'failed' }), notify({ on: ['completed', 'cancelled'] })];
    await (await client.add(contract, { what: 'completes' }, { notify: onFailed })).result();
    const mail = { on: 'completed', email: { to: ['ada@example.com', 'grace@example.com'], template: 'end' }, queue } as const;
    const job = await client.add(contract, { what: 'completes' }, { notify: [onFailed, onCompleted, mail] });
    await job.result();
    await eventually('the notices', () => receiver.received.length > 0 && mailsAbout(job.id).length > 1);
    expect(payloads(receiver)).toMatchObject([{ type: 'job.completed', data: { id: job.id } }]);
    expect(new Set(mailsAbout(job.id).map(({ to }) => to[0]))).toEqual(new Set(['ada@example.com', 'grace@example.com']));
    expect(mailsAbout(job.id)[0]?.raw).toContain('Subject: told: completed');
  });

  test('by mail says in one line what happened, unless it names a template', async () => {
    const { client } = await office();
    const job = await client.add(contract, { what: 'fails' }, { notify: { email: { to: 'ada@example.com' }, queue } });
    await job.result().catch(() => undefined);
    const [mail] = await eventually('the mail', () => mailsAbout(job.id).length > 0 && mailsAbout(job.id));
    const text = mail?.raw.replaceAll('=\r\n', '');
    expect(text).toContain(`Subject: told failed: ${job.id}`);
    expect(text).toMatch(new RegExp(`The job ${job.id} \\(told\\) is failed with E_NO_PAPER since \\d{4}-`));
  });

  test('of a type is sent for its jobs, also for one that another program started', async () => {
    const { client, receiver, notify } = await office();
    const typed = defineJob({ name: 'typed', input: z.object({}), queue: ownQueue(), notify: notify({ on: 'completed' }) });
    await runWorker({ jobs: [handle(typed, () => 'done')] });
    await (await client.add(typed, {})).result();
    await (await client.add(typed, {}, { notify: [] })).result();
    const { workflow } = await temporalClient();
    const workflowId = `typed-${Math.random()}`;
    await workflow.execute('typed', { workflowId, taskQueue: typed.queue, args: [{}] });
    await eventually('both notices', () => receiver.received.length > 1);
    expect(payloads(receiver)).toMatchObject([{ data: { type: 'typed' } }, { data: { id: workflowId, type: 'typed' } }]);
  });

  test('of a job of several steps, and of one that was over its deadline, is sent as well', async () => {
    const { client, receiver, notify } = await office();
    const gone = await webhookReceiver((response) => response.writeHead(410).end());
    const many = await client.add(sendNotification, { webhook: { url: gone.url, type: 'a' } }, { queue, notify: notify() });
    await many.result().catch(() => undefined);
    const late = await client.add(contract, { what: 'hangs' }, { notify: notify(), deadline: '1s' });
    await late.result().catch(() => undefined);
    await eventually('both notices', () => receiver.received.length > 1);
    expect(payloads(receiver)).toMatchObject([
      { type: 'job.failed', data: { id: many.id, type: 'send-notification', code: 'receiver-gone' } },
      { type: 'job.failed', data: { id: late.id, code: 'deadline-exceeded' } },
    ]);
  });

  test('of each run is another one: a retry by hand is told again', async () => {
    const { client, receiver, notify } = await office();
    const job = await client.add(contract, { what: 'fails' }, { notify: notify() });
    await job.result().catch(() => undefined);
    await job.retry({ input: { what: 'completes' } });
    await job.result();
    await eventually('both notices', () => receiver.received.length > 1);
    expect(payloads(receiver)).toMatchObject([{ data: { status: 'failed', run: 1 } }, { data: { status: 'completed', run: 2 } }]);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('the job itself', () => {
  test('does not wait for a receiver that is dead; its notice costs it two events and a workflow task', async () => {
    const { client, notify } = await office();
    const job = await client.add(contract, { what: 'completes' }, { notify: notify({ webhook: { url: 'http://127.0.0.1:1/' } }) });
    expect(await job.result()).toBe('done');
    const { workflow } = await temporalClient();
    const { events = [] } = await workflow.getHandle(job.id).fetchHistory();
    expect(events?.map(({ eventType }) => eventType)).toEqual(WITH_NOTICE);
    const noticeId = events?.find(({ eventType }) => Number(eventType) === 29)?.startChildWorkflowExecutionInitiatedEventAttributes
      ?.workflowId;
    expect(noticeId).toMatch(new RegExp(`^${job.id}\\.notice-[0-9a-f]{8}-1$`));
    const notice = client.job(noticeId ?? '');
    const { waitingFor } = await eventually('the notice to be tried again', async () => {
      const snapshot = await notice.get();
      return snapshot.status === 'retrying' && snapshot;
    });
    expect(waitingFor).toMatchObject({ code: 'retry', attempt: 1, maxAttempts: 10 });
    expect(waitingFor?.sentence).toContain('ECONNREFUSED');
    await notice.cancel();
    expect((await job.get()).status).toBe('completed');
  });

  test('ends as it is, with an id of any length and with nobody there to send its notice', async () => {
    const { client, notify } = await office();
    const job = await client.add(contract, { what: 'completes' }, { dedupeKey: 'k'.repeat(200), notify: notify({ queue: ownQueue() }) });
    expect(await job.result()).toBe('done');
    const { workflow } = await temporalClient();
    const workflowId = `told-${'x'.repeat(900)}`;
    const retry = [{ on: ['completed'], webhook: { url: 'https://a.example/' }, key: 'ü' }];
    expect(await workflow.execute('told', { workflowId, taskQueue: queue, args: [{ what: 'completes' }, { notify: retry }] })).toBe('done');
  });
});
