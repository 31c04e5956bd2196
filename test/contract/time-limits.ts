/** Owns what anybody who adds jobs can rely on about `deadline` and `expiresIn`. Part of the suite of `jobs.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { handle, type HandlerContext } from '../../src/worker.ts';
import { eventually, gate, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf, isStatus, oneAtATime } from './support.ts';

const LATE_MS = 4000;

/** Until when a job has to be started, and done. */
export function timeLimits(connect: () => Promise<ContractClient>): void {
  test('end a running job at its deadline; its handler’s signal fires, and there is no further attempt', async () => {
    const contract = contractOf({ deadline: '6s' });
    const reasons: unknown[] = [];
    const run = async (_input: unknown, { signal, progress }: HandlerContext): Promise<void> => {
      progress(30);
      await sleep(60_000, undefined, { signal }).catch(() => reasons.push(signal.reason));
      throw new Error('stopped');
    };
    await runWorker({ jobs: [handle(contract, run)] });
    const client = await connect();
    const job = await client.add(contract, {});
    const running = await isStatus(job, 'processing');
    expect(Date.parse(running.deadlineAt ?? '') - Date.parse(running.addedAt)).toBe(6000);
    const message = 'The job was not done within its deadline of 6 s.';
    await expect(job.result()).rejects.toMatchObject({ code: 'deadline-exceeded', message });
    await eventually('its signal', () => reasons.length > 0);
    expect(reasons).toMatchObject([{ code: 'deadline-exceeded', message }]);
    const ended = await job.get();
    expect(ended).toMatchObject({ status: 'failed', attempt: 1, progress: { percent: 30 }, error: { code: 'deadline-exceeded', message } });
    expect(Date.parse(ended.endedAt ?? '') - Date.parse(ended.deadlineAt ?? '')).toBeLessThan(LATE_MS);
  });

  test('end a job that has clean-up at its deadline, and its clean-up runs', async () => {
    const contract = contractOf({ deadline: '6s', cleanUp: '10s' });
    const told: unknown[] = [];
    const run = async (_input: unknown, { signal }: HandlerContext): Promise<void> => await sleep(60_000, undefined, { signal });
    await runWorker({ jobs: [handle(contract, run, { onFail: (_input, { error }) => void told.push(error) })] });
    const client = await connect();
    const job = await client.add(contract, {});
    await expect(job.result()).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(told).toMatchObject([{ code: 'deadline-exceeded' }]);
  });

  test('end a job with no worker up, delayed or not, when its deadline after its delay is over', async () => {
    const contract = contractOf({});
    const client = await connect();
    const [now, later] = [
      await client.add(contract, {}, { deadline: '1s' }),
      await client.add(contract, {}, { deadline: '1s', delay: '3s' }),
    ];
    for (const job of [now, later]) await expect(job.result()).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(await now.get()).toMatchObject({ status: 'failed', attempt: 0, error: { code: 'deadline-exceeded' } });
    const { addedAt, endedAt = '', deadlineAt = '' } = await later.get();
    expect(Date.parse(deadlineAt) - Date.parse(addedAt)).toBe(4000);
    expect(Date.parse(endedAt)).toBeGreaterThanOrEqual(Date.parse(deadlineAt) - 50);
  });

  test('end a job at once whose next attempt would start after its deadline', async () => {
    const contract = contractOf({ deadline: '1h', retry: { initialInterval: '2h' } });
    const fail = (): never => {
      throw new Error('broken');
    };
    await runWorker({ jobs: [handle(contract, fail)] });
    const client = await connect();
    const job = await client.add(contract, {});
    await expect(job.result()).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message:
        'The job was not done within its deadline of 1 h. The next attempt would have started after it; the last one ended with: broken',
    });
    expect((await job.get()).attempts).toMatchObject([{ attempt: 1, outcome: 'failed', error: { message: 'broken' } }]);
  });

  test('expire a job that waits behind others for too long, without calling its handler', async () => {
    const contract = contractOf({ expiresIn: '2s' });
    const { called } = await oneAtATime(contract);
    const client = await connect();
    await isStatus(await client.add(contract, 'blocker', { expiresIn: '1h' }), 'processing');
    const job = await client.add(contract, 'late');
    const message = 'The job was not started within 2 s, the longest wait that it was given.';
    await expect(job.result()).rejects.toMatchObject({ code: 'expired', message });
    const ended = await job.get();
    expect(ended).toMatchObject({ status: 'failed', attempt: 0, attempts: [], error: { code: 'expired', message } });
    expect(Date.parse(ended.expiresAt ?? '') - Date.parse(ended.addedAt)).toBe(2000);
    expect(called).toEqual(['blocker']);
  });

  test('say of a job that no worker took in time that the next one will record it, which does so without calling the handler', async () => {
    const contract = contractOf({});
    const client = await connect();
    const job = await client.add(contract, {}, { expiresIn: '1s' });
    const { expiresAt = '' } = await job.get();
    await sleep(Date.parse(expiresAt) - Date.now() + 100);
    const waiting = await job.get();
    expect(waiting.status).toBe('queued');
    expect(waiting.waitingFor?.sentence).toContain(`It had to be started by ${expiresAt}: the next worker records it as failed (expired).`);
    let calls = 0;
    await runWorker({ jobs: [handle(contract, () => (calls += 1))] });
    await expect(job.result()).rejects.toMatchObject({ code: 'expired' });
    expect(calls).toBe(0);
  });

  test('do not expire a job that waits for a further attempt', async () => {
    const contract = contractOf({ expiresIn: '5s', retry: { initialInterval: 1 } });
    const { opened, open } = gate();
    const run = async (input: unknown, { attempt }: HandlerContext): Promise<unknown> => {
      if (input === 'blocker') await opened;
      else if (attempt === 1) throw new Error('broken');
      return attempt;
    };
    const worker = await runWorker({ jobs: [handle(contract, run)], concurrency: 1 });
    const client = await connect();
    const tried = await client.add(contract, {}, { retry: { initialInterval: '3s', jitter: 0 } });
    await isStatus(tried, 'retrying');
    const blocker = await client.add(contract, 'blocker', { priority: 'highest', expiresIn: '1h' });
    await isStatus(blocker, 'processing');
    // The retry is due after 3 s, and waits for its place for longer than the 5 s that it had at first.
    await sleep(9500);
    expect((await tried.get()).status).toBe('queued');
    open();
    expect(await tried.result()).toBe(2);
    await worker.stop();
  });

  test.each([
    [{ deadline: 0 }, /^Expected deadline to be between 1 s and 10 years, got: 0\.$/],
    [{ expiresIn: '500ms' }, /^Expected expiresIn to be between 1 s and 10 years, got: "500ms"\.$/],
    [{ deadline: 'soon' }, /^Expected deadline to be a duration/],
  ])('are not %j', async (options, message) => {
    const client = await connect();
    await expect(client.add(contractOf({}), {}, options as never)).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringMatching(message) as string,
    });
  });
}
