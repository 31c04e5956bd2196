/** Owns what anybody who adds jobs can rely on about clean-up. Part of the suite of `jobs.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type CleanUpContext, handle, type HandlerContext } from '../../src/worker.ts';
import { eventually, gate, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf, isStatus } from './support.ts';

const FAST_RETRY = { initialInterval: 1, backoffCoefficient: 1 } as const;

async function untilStopped(_input: unknown, { signal, progress, checkpoint }: HandlerContext): Promise<void> {
  progress(40, 'half-way');
  checkpoint({ row: 4 });
  await sleep(60_000, undefined, { signal });
}

function broken(): never {
  throw Object.assign(new Error('broken'), { code: 'E_BROKEN' });
}

/** `onCancel` and `onFail` run to their end before the job has one. */
export function cleaningUp(connect: () => Promise<ContractClient>): void {
  test('after a cancel runs when the handler has ended, and the job is cancelled only then', async () => {
    const contract = contractOf({ cleanUp: '1m' });
    const { opened, open } = gate();
    let called: [unknown, CleanUpContext] | undefined;
    const onCancel = async (input: unknown, context: CleanUpContext): Promise<void> => {
      called = [input, context];
      await opened;
    };
    await runWorker({ jobs: [handle(contract, untilStopped, { onCancel })] });
    const client = await connect();
    const job = await client.add(contract, { to: 'a' });
    await isStatus(job, 'processing');
    await job.cancel('enough');
    const [input, context] = await eventually('the hook to be called', () => called);
    expect(input).toEqual({ to: 'a' });
    expect(context).toMatchObject({
      jobId: job.id,
      type: 'contract-job',
      attempt: 1,
      maxAttempts: 3,
      idempotencyKey: `${job.id}/on-cancel`,
      progress: { percent: 40, message: 'half-way' },
      lastCheckpoint: { row: 4 },
    });
    const kept = {
      attempt: 1,
      progress: { percent: 40, message: 'half-way' },
      checkpoint: { row: 4 },
      cancelReason: 'enough',
      attempts: [],
    };
    expect(await job.get()).toMatchObject({ status: 'cancelling', ...kept, steps: [], waitingFor: { code: 'cancel' } });
    open();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await job.get()).toMatchObject({ status: 'cancelled', ...kept });
  });

  test('after the last attempt gets the error, and is not stopped by a cancel', async () => {
    const contract = contractOf({ cleanUp: '1m', retry: { ...FAST_RETRY, maxAttempts: 2 } });
    const { opened, open } = gate();
    let called: unknown;
    let isStopped = false;
    await runWorker({
      jobs: [
        handle(contract, broken, {
          onFail: async (_input, { error, signal }) => {
            called = error;
            await opened;
            isStopped = signal.aborted;
          },
        }),
      ],
    });
    const client = await connect();
    const job = await client.add(contract, {});
    expect(await eventually('the hook to be called', () => called)).toEqual({ code: 'E_BROKEN', message: 'broken' });
    const kept = { attempt: 2, attempts: [{ attempt: 1 }, { attempt: 2 }] };
    expect(await job.get()).toMatchObject({ status: 'processing', waitingFor: null, ...kept });
    expect(await job.cancel()).toBe('requested');
    // The workflow, which lives in the same process, hears of it in this time.
    await sleep(1000);
    open();
    await expect(job.result()).rejects.toMatchObject({ message: 'broken' });
    expect(await job.get()).toMatchObject({ status: 'failed', error: { code: 'E_BROKEN', message: 'broken' }, ...kept });
    expect(isStopped).toBe(false);
  });

  test('that fails is tried again, as the contract says', async () => {
    const contract = contractOf({ cleanUp: '1m', retry: { ...FAST_RETRY, maxAttempts: 3 } });
    const tries: number[] = [];
    const onFail = (_input: unknown, { attempt }: CleanUpContext): void => {
      tries.push(attempt);
      if (attempt < 3) throw new Error('not yet');
    };
    await runWorker({ jobs: [handle(contract, broken, { onFail })] });
    const client = await connect();
    const job = await client.add(contract, {}, { maxAttempts: 1 });
    await expect(job.result()).rejects.toMatchObject({ message: 'broken' });
    expect(tries).toEqual([1, 2, 3]);
    expect(await job.get()).toMatchObject({ status: 'failed', attempt: 1, attempts: [{ attempt: 1, error: { code: 'E_BROKEN' } }] });
  });

  test('that takes longer than cleanUp is stopped and tried again', async () => {
    const contract = contractOf({ cleanUp: 200, retry: FAST_RETRY });
    const reasons: unknown[] = [];
    const onFail = async (_input: unknown, { attempt, signal }: CleanUpContext): Promise<void> => {
      if (attempt === 1) await sleep(60_000, undefined, { signal }).catch(() => reasons.push(signal.reason));
    };
    await runWorker({ jobs: [handle(contract, broken, { onFail })] });
    const client = await connect();
    const job = await client.add(contract, {}, { maxAttempts: 1 });
    await expect(job.result()).rejects.toMatchObject({ message: 'broken' });
    expect(reasons).toMatchObject([{ code: 'timed-out' }]);
  });

  test.each([
    ['was cancelled', 'The job was cancelled. Its clean-up failed: disk full', []],
    ['failed', 'broken. Its clean-up failed: disk full', [{ attempt: 1, error: { message: 'broken' } }]],
  ])('that fails for good after a job %s fails it, and says both', async (what, message, attempts) => {
    const contract = contractOf({ cleanUp: '1m', retry: { maxAttempts: 1 } });
    const diskFull = (): never => {
      throw new Error('disk full');
    };
    const handler = what === 'failed' ? broken : untilStopped;
    await runWorker({ jobs: [handle(contract, handler, { onCancel: diskFull, onFail: diskFull })] });
    const client = await connect();
    const job = await client.add(contract, {});
    if (what !== 'failed') {
      await isStatus(job, 'processing');
      await job.cancel();
    }
    await expect(job.result()).rejects.toMatchObject({ code: 'clean-up-failed', message });
    expect(await job.get()).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'clean-up-failed', message }, attempts });
  });

  test('of a job that was cancelled while it waited for its next attempt knows what the attempts left', async () => {
    const contract = contractOf({ cleanUp: '1m', retry: { initialInterval: '1h' } });
    let seen: CleanUpContext | undefined;
    const fail = (_input: unknown, { progress, checkpoint }: HandlerContext): never => {
      progress(30);
      checkpoint({ row: 3 });
      return broken();
    };
    await runWorker({ jobs: [handle(contract, fail, { onCancel: (_input, context) => (seen = context) })] });
    const client = await connect();
    const job = await client.add(contract, {});
    await isStatus(job, 'retrying');
    await job.cancel();
    await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toMatchObject({ progress: { percent: 30 }, lastCheckpoint: { row: 3 } });
    expect(await job.get()).toMatchObject({ status: 'cancelled', attempt: 1, attempts: [{ attempt: 1, error: { message: 'broken' } }] });
  });

  test.each([['delayed', { delay: '1h' }] as const, ['queued', {}] as const])(
    'does not run for a %s job that was cancelled before its handler was handed out',
    async (status, options) => {
      const contract = contractOf({ cleanUp: '1m' });
      let calls = 0;
      const count = (): number => (calls += 1);
      const client = await connect();
      const job = await client.add(contract, {}, options);
      await isStatus(job, status);
      await job.cancel();
      await runWorker({ jobs: [handle(contract, count, { onCancel: count, onFail: count })] });
      await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
      expect(calls).toBe(0);
    },
  );
}
