/** Owns what anybody who adds jobs can rely on about cancel. Part of the suite of `jobs.ts`. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { eventually, gate, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf, isStatus, oneAtATime, type SuiteTraits } from './support.ts';

/** A job stops from any process, says why and by whom, and nothing of it starts afterwards. */
export function cancelling(connect: () => Promise<ContractClient>, { isShared }: SuiteTraits): void {
  test('of a running job fires its signal; with the handler’s end it is cancelled, for the reason that was given', async () => {
    const contract = contractOf({});
    let reason: unknown;
    const { opened, open } = gate();
    const run = async (_input: unknown, { signal }: HandlerContext): Promise<void> => {
      await sleep(60_000, undefined, { signal }).catch(() => (reason = signal.reason as unknown));
      await opened;
      throw new Error('stopped');
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connect();
    const job = await client.add(contract, {});
    await isStatus(job, 'processing');
    expect(await job.cancel({ reason: 'user changed their mind', actor: 'support' })).toBe('requested');
    await eventually('the signal', () => reason !== undefined);
    expect(reason).toMatchObject({ code: 'cancelled' });
    const asked = { cancelReason: 'user changed their mind', cancelledBy: 'support' };
    expect(await job.get()).toMatchObject({ status: 'cancelling', ...asked, waitingFor: { code: 'cancel' } });
    expect(await job.cancel('twice')).toBe('requested');
    open();
    await expect(job.result()).rejects.toMatchObject({
      name: 'JobError',
      code: 'cancelled',
      message: `The job "${job.id}" (contract-job) was cancelled: user changed their mind.`,
    });
    expect(await job.get()).toMatchObject({ status: 'cancelled', ...asked, waitingFor: null, attempt: 1 });
    expect(await job.cancel()).toBe('already-ended');
    expect((await job.get()).status).toBe('cancelled');
  });

  test.each([
    ['delayed', { delay: '1h' }],
    ['queued', {}],
  ] as const)('of a %s job is carried out before its handler was called', async (status, options) => {
    const contract = contractOf({});
    const { called } = await oneAtATime(contract);
    const client = await connect();
    await isStatus(await client.add(contract, 'blocker'), 'processing');
    const job = await client.add(contract, 'cancelled', options);
    await isStatus(job, status);
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await job.get()).toMatchObject({ status: 'cancelled', attempt: 0, cancelReason: 'cancelled by the client' });
    expect(called).toEqual(['blocker']);
  });

  test('of a retrying job is carried out before its next attempt, and what the attempts left is kept', async () => {
    const contract = contractOf({ retry: { initialInterval: '1h' } });
    const fail = (_input: unknown, { progress, checkpoint }: HandlerContext): never => {
      progress(30, 'reading');
      checkpoint({ row: 3 });
      throw new Error('broken');
    };
    await runWorker({ jobs: [handle(contract, fail)] });
    const client = await connect();
    const job = await client.add(contract, {});
    await isStatus(job, 'retrying');
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await job.get()).toMatchObject({
      status: 'cancelled',
      attempt: 1,
      progress: { percent: 30, message: 'reading' },
      checkpoint: { row: 3 },
      attempts: [{ attempt: 1, outcome: 'failed', error: { message: 'broken' } }],
    });
  });

  test('of a job with no worker is carried out when one comes, without calling the handler', async () => {
    const contract = contractOf({});
    const client = await connect();
    const job = await client.add(contract, {});
    await job.cancel();
    // A carrier that has not begun never begins the job: it is cancelled with the word.
    const asked = isShared ? { status: 'cancelled' } : { status: 'cancelling', waitingFor: { code: 'cancel' } };
    expect(await job.get()).toMatchObject({ ...asked, cancelReason: 'cancelled by the client' });
    let calls = 0;
    await runWorker({ jobs: [handle(contract, () => (calls += 1))] });
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(calls).toBe(0);
  });

  test('of a job that ended changes nothing', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const run = (input: unknown): void => {
      if (input === 'fail') throw new Error('broken');
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connect();
    const [completed, failed] = [await client.add(contract, 'end'), await client.add(contract, 'fail')];
    await Promise.allSettled([completed.result(), failed.result()]);
    expect([await completed.cancel(), await failed.cancel()]).toEqual(['already-ended', 'already-ended']);
    expect([(await completed.get()).status, (await failed.get()).status]).toEqual(['completed', 'failed']);
  });

  test.each([
    [''],
    ['a\nb'],
    ['x'.repeat(501)],
    [5],
    [{ reason: '' }],
    [{ actor: '' }],
    [{ actor: 'x'.repeat(201) }],
    [{ reasons: 'a typing error' }],
  ])('refuses to be told %j', async (options) => {
    const client = await connect();
    await expect(client.cancel(randomUUID(), options as string)).rejects.toMatchObject({ code: 'invalid-options' });
  });
}
