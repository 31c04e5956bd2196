/** Clean-up is done even if the worker that does it dies. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';
import { linesOf, ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';
import { undoable } from './support/steps.mjs';

interface Call {
  readonly job: string;
  readonly attempt: number;
  readonly from: 'begun' | 'done';
}

async function calls(log: string): Promise<Call[]> {
  return (await linesOf(log)).map((line) => JSON.parse(line) as Call);
}

test('kill -9 of a worker in the middle of its clean-ups: another runs each of them, and no try is used up', async () => {
  const server = await ownServer();
  const client = await ownClient(server);
  const log = join(await ownFolder(), 'clean-ups.log');
  const doomed = await startWorkerProcess({ address: server.address, log, hangs: true });
  const jobs = await Promise.all(Array.from({ length: scaled(5, 50) }, () => client.add(undoable, {})));
  for (const job of jobs) await eventually('the handler to run', async () => (await job.get()).status === 'processing');
  await Promise.all(jobs.map((job) => job.cancel('not wanted')));
  await eventually('every clean-up to have begun', async () => (await calls(log)).length === jobs.length);
  await doomed.kill();
  for (const job of jobs) expect(await job.get()).toMatchObject({ status: 'cancelling', cancelReason: 'not wanted' });
  await startWorkerProcess({ address: server.address, log, hangs: false });
  const ends = await Promise.allSettled(jobs.map((job) => job.result()));
  expect(ends.map((end) => end.status === 'rejected' && (end.reason as { code: unknown }).code)).toEqual(jobs.map(() => 'cancelled'));
  const done = (await calls(log)).filter(({ from }) => from === 'done');
  expect(done.map(({ job }) => job).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
  expect(done.map(({ attempt }) => attempt)).toEqual(jobs.map(() => 1));
  for (const job of jobs) expect(await job.get()).toMatchObject({ status: 'cancelled', attempt: 1 });
});
