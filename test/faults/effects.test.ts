/** What a receiver that honours the idempotency key sees of jobs whose worker dies after the effect and before its report. */
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { charge } from './support/charge.mjs';
import { ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';
import { startReceiver } from './support/receiver.ts';

const SCHEDULED = proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
const JOBS = 50;
/** Of the jobs, these are cancelled before the kill, so that their clean-up is cut off; and as many more after it. */
const CANCELLED = 10;

test(`kill -9 between effect and report, in ${JOBS} jobs: handlers run twice, each effect is there once, and clean-up ran for each cancelled job`, async () => {
  const server = await ownServer();
  const client = await ownClient(server);
  const receiver = await startReceiver();
  const log = join(await ownFolder(), 'worker.log');
  const doomed = await startWorkerProcess({ address: server.address, log, hangs: true });
  const jobs = await Promise.all(Array.from({ length: JOBS }, () => client.add(charge, { receiver: receiver.url })));
  await eventually('every handler to have made its effect', () => Promise.resolve(receiver.countOf('/charge') === JOBS));
  const cutOff = jobs.slice(0, CANCELLED);
  await Promise.all(cutOff.map((job) => job.cancel('not wanted')));
  await eventually('their clean-up to have made its effect', () => Promise.resolve(receiver.countOf('/refund') === CANCELLED));
  expect(new Set((await Promise.all(jobs.map((job) => job.get()))).map(({ status }) => status))).toEqual(
    new Set(['cancelling', 'processing']),
  );
  await doomed.kill();
  // The dead worker's jobs are back in their queue when the cancel comes: what runs next finds both.
  const kept = jobs.slice(2 * CANCELLED);
  const whileDead = jobs.slice(CANCELLED, 2 * CANCELLED);
  const connection = await Connection.connect({ address: server.address });
  onTestFinished(() => connection.close());
  const isBackInQueue = async ({ id }: { readonly id: string }): Promise<boolean> => {
    const { raw } = await new Client({ connection }).workflow.getHandle(id).describe();
    return raw.pendingActivities?.[0]?.state === SCHEDULED;
  };
  for (const job of [...kept, ...whileDead]) await eventually('the server to take the worker for dead', () => isBackInQueue(job));
  await Promise.all(whileDead.map((job) => job.cancel('not wanted')));
  await startWorkerProcess({ address: server.address, log, hangs: false });

  const results = await Promise.all(kept.map((job) => job.result()));
  const cancelled = [...cutOff, ...whileDead];
  for (const job of cancelled) await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
  const timesOf = (key: string): number => receiver.requests.filter((request) => request.key === key).length;
  const [charges, refunds] = ['/charge', '/refund'].map((path) => keysOf(receiver.requests, path));
  expect(charges?.size, 'each job charged under a key of its own').toBe(JOBS);
  expect(refunds?.size, 'each cancelled job was refunded').toBe(cancelled.length);
  expect(receiver.effects.size, 'each effect once').toBe(JOBS + cancelled.length);
  expect(receiver.countOf('/charge'), 'handlers of what was not cancelled ran twice').toBe(JOBS + kept.length);
  expect(receiver.countOf('/refund'), 'clean-ups that were cut off ran twice').toBe(cancelled.length + cutOff.length);
  expect(Math.max(...[...receiver.effects.keys()].map(timesOf))).toBe(2);
  expect(new Set(results.map(({ effect }) => effect)).size, 'each result is that of its own effect').toBe(kept.length);
  for (const job of kept) expect(await job.get()).toMatchObject({ status: 'completed', attempt: 1, attempts: [{ outcome: 'died' }] });
});

function keysOf(requests: readonly { readonly path: string; readonly key: string }[], of: string): Set<string> {
  return new Set(requests.filter(({ path }) => path === of).map(({ key }) => key));
}
