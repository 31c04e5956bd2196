/** Owns what anybody can rely on who changes a job by hand. Part of the suite of `jobs.ts`. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { JobHandle } from '../../src/client.ts';
import type { JobContract, JobStatus } from '../../src/contract/index.ts';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { eventually, gate, runWorker, temporalClient } from '../support/jobs.ts';
import { type Action, ACTIONS, OUTCOMES } from './outcomes.ts';
import { allHandlersWait } from './order.ts';
import { type ContractClient, contractOf, isStatus, oneAtATime, type SuiteTraits } from './support.ts';

const HOUR_MS = 3_600_000;

/** What comes of an action, in every status; then each of them. */
export function byHand(connect: () => Promise<ContractClient>, { isShared }: SuiteTraits): void {
  test.each(OUTCOMES)('each action on a job that is $status has its outcome', async ({ status, outcomes }) => {
    const contract = contractOf({ name: `by-hand-${randomUUID()}`, retry: { initialInterval: '1h' } });
    const { opened, open } = gate();
    const run = async (does: unknown): Promise<void> => {
      if (does === 'fail' || does === 'fail for good') throw Object.assign(new Error('broken'), failCode(does));
      if (does === 'wait') await opened;
    };
    await runWorker({ jobs: [handle(contract, run)], concurrency: status === 'queued' ? 1 : 10 });
    const client = await connect();
    const found: string[] = [];
    if (status === 'queued') await isStatus(await client.add(contract, 'wait'), 'processing');
    for (const action of ACTIONS) {
      const job = await jobIn(status, { client, contract, dedupeKey: action });
      found.push(await outcomeOf(() => act(action, { client, contract, job })));
    }
    open();
    expect(Object.fromEntries(ACTIONS.map((action, index) => [action, found[index]]))).toEqual(
      Object.fromEntries(ACTIONS.map((action, index) => [action, outcomes[index]])),
    );
  });

  test('a refusal says the status and what would work', async () => {
    const client = await connect();
    const job = await client.add(contractOf({}), {});
    await expect(job.runNow()).rejects.toMatchObject({
      name: 'JobError',
      code: 'conflict',
      message: `The job "${job.id}" is queued; runNow is for a job that is delayed. It waits for a free place: setPriority and cancel work.`,
      details: { id: job.id, status: 'queued', action: 'runNow' },
    });
    const unknown = { code: 'not-found' };
    await expect(client.runNow(randomUUID())).rejects.toMatchObject(unknown);
    await expect(client.retry(randomUUID())).rejects.toMatchObject(unknown);
  });

  test.each<[string, (job: JobHandle) => Promise<void>]>([
    ['Unknown runNow options: "why". Known are: reason, actor.', (job) => job.runNow({ why: 'x' } as never)],
    ['Expected one of until and delay.', (job) => job.postpone({})],
    ['Expected one of until and delay.', (job) => job.postpone({ until: new Date(), delay: '1h' })],
    ['Expected until to be a Date, or an ISO 8601 text', (job) => job.postpone({ until: 'tomorrow' })],
    ['Expected until to be at most 10 years from now', (job) => job.postpone({ until: '2126-01-01T00:00:00Z' })],
    ['Expected priority to be one of highest, high', (job) => job.setPriority('urgent' as never)],
    ['Expected the actor to be a text of 1 to 200 characters', (job) => job.retryNow({ actor: '' })],
    ['Expected the reason to be a text of 1 to 500 characters', (job) => job.runNow({ reason: 'a\nb' })],
    ['Expected from to be "checkpoint" or "start", got: "end".', (job) => job.retry({ from: 'end' as never })],
    ['The new input of', (job) => job.retry({ input: 1n })],
  ])('refuses what makes no sense: %s', async (message, call) => {
    const client = await connect();
    await expect(call(client.job(randomUUID()))).rejects.toThrow(message);
  });

  test('run now starts a delayed job at once; with no worker it is queued until one comes', async () => {
    const contract = contractOf({});
    const client = await connect();
    const job = await client.add(contract, {}, { delay: '1h' });
    const before = Date.now();
    await job.runNow({ actor: 'anna', reason: 'customer waits' });
    const { status, runAt, actions } = await job.get();
    expect(status).toBe('queued');
    expect(Date.parse(runAt ?? '')).toBeLessThan(before + 10_000);
    expect(actions).toEqual([{ action: 'runNow', at: expect.any(String) as string, actor: 'anna', reason: 'customer waits' }]);
    await expect(job.postpone({ delay: '1h' })).rejects.toMatchObject({ code: 'conflict' });
    await runWorker({ jobs: [handle(contract, () => 'done')] });
    expect(await job.result()).toBe('done');
    expect(await job.get()).toMatchObject({ status: 'completed', attempt: 1, attempts: [], actions: [{ action: 'runNow' }] });
  });

  test('a job that is postponed is delayed until its new time, whoever holds it back', async () => {
    const contract = contractOf({});
    const client = await connect();
    const job = await client.add(contract, {}, { delay: 1000 });
    const first = Date.parse((await job.get()).runAt ?? '');
    const until = first + 4000;
    await job.postpone({ until: new Date(until).toISOString(), reason: 'not yet' });
    const shown = {
      status: 'delayed',
      runAt: new Date(until).toISOString(),
      waitingFor: { code: 'start-time', until: new Date(until).toISOString() },
    };
    expect(await job.get()).toMatchObject(shown);
    await eventually('the first time to be over, with no worker', () => Date.now() > first + 200);
    expect(await job.get()).toMatchObject(shown);
    await runWorker({ jobs: [handle(contract, () => Date.now())] });
    await eventually('a worker to hold it back', async () => (await temporalEvents(job)) > 4);
    expect(await job.get()).toMatchObject({ ...shown, actions: [{ action: 'postpone', until: shown.runAt, reason: 'not yet' }] });
    expect(await job.result()).toBeGreaterThanOrEqual(until - 10);
  });

  test('a job is not postponed beyond its deadline, which stays', async () => {
    const client = await connect();
    const job = await client.add(contractOf({ deadline: '1h' }), {}, { delay: '1h' });
    const { deadlineAt } = await job.get();
    const message = `Expected until to be a time before the deadline of the job, ${deadlineAt}, got:`;
    await expect(job.postpone({ delay: '2h' })).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining(message) as string,
    });
    await job.postpone({ delay: '90m' });
    expect(await job.get()).toMatchObject({ status: 'delayed', deadlineAt });
  });

  test('a job that is postponed to a time long past starts now', async () => {
    const contract = contractOf({});
    await runWorker({ jobs: [handle(contract, () => 'done')] });
    const client = await connect();
    const job = await client.add(contract, {}, { delay: '1h' });
    await job.postpone({ until: new Date(0) });
    expect(await job.result()).toBe('done');
  });

  test('a time can be changed again and again, to an earlier one too; the last one counts', async () => {
    const contract = contractOf({});
    await runWorker({ jobs: [handle(contract, () => Date.now())] });
    const client = await connect();
    const job = await client.add(contract, {}, { delay: '1h' });
    await job.postpone({ delay: '2h' });
    const until = Date.now() + 2000;
    await job.postpone({ until: new Date(until) });
    await job.postpone({ delay: '3h' });
    expect((await job.get()).status).toBe('delayed');
    await job.postpone({ until: new Date(until) });
    const at = await job.result();
    expect(at).toBeGreaterThanOrEqual(until - 10);
    expect(at).toBeLessThan(until + 10_000);
    expect((await job.get()).actions?.map(({ action }) => action)).toEqual(['postpone', 'postpone', 'postpone', 'postpone']);
  });

  test('a postponed job can be cancelled while its workflow holds it back', async () => {
    const contract = contractOf({});
    await runWorker({ jobs: [handle(contract, () => 'done')] });
    const client = await connect();
    const job = await client.add(contract, {}, { delay: '2h' });
    await job.postpone({ delay: '1h' });
    await eventually('a worker to hold it back', async () => (await temporalEvents(job)) > 4);
    await job.cancel({ reason: 'too late', actor: 'anna' });
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await job.get()).toMatchObject({
      status: 'cancelled',
      attempt: 0,
      actions: [{ action: 'postpone' }, { action: 'cancel', reason: 'too late', actor: 'anna' }],
    });
  });

  test.skipIf(isShared)('a priority that is set goes before that of add, for jobs that wait and for delayed ones', async () => {
    const contract = contractOf({});
    const { called, open } = await oneAtATime(contract);
    const client = await connect();
    const moved = await client.add(contract, 'delayed, moved to the front', { delay: '1h', key: 'k' });
    await moved.setPriority('highest', { actor: 'anna' });
    expect(await moved.get()).toMatchObject({ status: 'delayed', priority: 'highest', key: 'k' });
    await isStatus(await client.add(contract, 'blocker'), 'processing');
    const back = await client.add(contract, 'moved back');
    const normal = await client.add(contract, 'normal');
    const front = await client.add(contract, 'moved forward', { priority: 'lowest' });
    await eventually('all handlers to be in the queue', () => allHandlersWait([back, normal, front]));
    await back.setPriority(-20);
    await front.setPriority('high');
    await moved.runNow();
    await eventually('all handlers to be in the queue', () => allHandlersWait([back, normal, front, moved]));
    open();
    await Promise.all([back, normal, front, moved].map((job) => job.result()));
    const [, ...order] = called;
    expect(order).toEqual(['delayed, moved to the front', 'moved forward', 'normal', 'moved back']);
    expect(await front.get()).toMatchObject({ priority: 'high', actions: [{ action: 'setPriority', priority: 'high' }] });
    expect((await moved.get()).actions).toMatchObject([
      { action: 'setPriority', priority: 'highest', actor: 'anna' },
      { action: 'runNow' },
    ]);
  });

  test.skipIf(isShared)('a job that waits for a worker and was moved is queued still', async () => {
    const client = await connect();
    const job = await client.add(contractOf({}), {});
    for (const priority of [1, -1, 10, 0]) await job.setPriority(priority);
    expect(await job.get()).toMatchObject({
      status: 'queued',
      attempt: 0,
      priority: 'normal',
      actions: [{}, {}, {}, { priority: 'normal' }],
    });
  });

  test('retry now makes the next attempt at once, and it counts as it would have', async () => {
    const contract = contractOf({ retry: { initialInterval: '1h', maxAttempts: 3 } });
    const fail = (_input: unknown, { attempt }: HandlerContext): string => {
      if (attempt < 3) throw new Error(`broken ${attempt}`);
      return 'done';
    };
    await runWorker({ jobs: [handle(contract, fail)] });
    const client = await connect();
    const job = await client.add(contract, {});
    for (const attempt of [1, 2]) {
      await eventually(`attempt ${attempt} to have failed`, async () => {
        const snapshot = await job.get();
        return snapshot.status === 'retrying' && snapshot.attempt === attempt;
      });
      await job.retryNow({ actor: 'anna' });
    }
    expect(await job.result()).toBe('done');
    expect(await job.get()).toMatchObject({
      attempt: 3,
      attempts: [
        { attempt: 1, outcome: 'failed' },
        { attempt: 2, outcome: 'failed' },
      ],
      actions: [{ action: 'retryNow', actor: 'anna' }, { action: 'retryNow' }],
    });
  });
}

interface Place {
  readonly client: ContractClient;
  readonly contract: JobContract;
  readonly dedupeKey: string;
}

/** What the handler of the table does in each status. */
const DOES: Readonly<Record<JobStatus, string>> = {
  delayed: 'end',
  queued: 'end',
  processing: 'wait',
  retrying: 'fail',
  cancelling: 'wait',
  completed: 'end',
  failed: 'fail for good',
  cancelled: 'end',
};

function failCode(does: unknown): object {
  return does === 'fail for good' ? { name: 'JobError', code: 'invalid-input' } : {};
}

/** A new job that has come to have the status. */
async function jobIn(status: JobStatus, { client, contract, dedupeKey }: Place): Promise<JobHandle> {
  const delay = status === 'delayed' || status === 'cancelled' ? HOUR_MS : 0;
  const job = await client.add(contract, DOES[status], { dedupeKey, delay });
  if (status === 'cancelling') await isStatus(job, 'processing');
  if (status === 'cancelling' || status === 'cancelled') await job.cancel();
  await isStatus(job, status);
  return job;
}

async function act(action: Action, { client, contract, job }: Omit<Place, 'dedupeKey'> & { job: JobHandle }): Promise<string> {
  switch (action) {
    case 'add': {
      const { id, deduplicated } = await client.add(contract, (await job.get()).input, { dedupeKey: action });
      return deduplicated && id === job.id ? 'same job' : 'another job';
    }
    case 'cancel':
      return await job.cancel();
    case 'postpone':
      await job.postpone({ delay: HOUR_MS });
      return 'done';
    case 'setPriority':
      await job.setPriority('high');
      return 'done';
    case 'retry':
      await job.retry();
      return (await job.get()).run === 2 ? 'new run' : 'no run';
    case 'delete':
      await client.delete(job.id);
      return 'done';
    default:
      await job[action]();
      return 'done';
  }
}

/** How many events its history has. */
async function temporalEvents({ id }: JobHandle): Promise<number> {
  const { workflow } = await temporalClient();
  return (await workflow.getHandle(id).describe()).historyLength;
}

async function outcomeOf(call: () => Promise<string>): Promise<string> {
  try {
    return await call();
  } catch (error) {
    return (error as { code: string }).code;
  }
}
