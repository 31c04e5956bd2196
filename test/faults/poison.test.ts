/** A job that kills its process takes no neighbour with it. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linesOf, ownClient, ownFolder, ownServer, superviseWorker } from './support/processes.ts';
import { deadly } from './support/steps.mjs';

const NEIGHBOURS = 9;
/** Two among its neighbours, three alone. */
const DEATHS = 5;

test('one of ten jobs kills its process each time: it is poison, the others complete, and none of them is taken for it', async () => {
  const server = await ownServer();
  const client = await ownClient(server);
  const log = join(await ownFolder(), 'starts.log');
  const neighbours = await Promise.all(Array.from({ length: NEIGHBOURS }, () => client.add(deadly, { kills: false })));
  const poison = await client.add(deadly, { kills: true });

  const ended = Promise.allSettled([poison, ...neighbours].map((job) => job.result()));
  const supervisor = new AbortController();
  const supervised = superviseWorker({ address: server.address, log, concurrency: NEIGHBOURS + 1 }, supervisor.signal);
  await ended;
  supervisor.abort();
  await supervised;

  const snapshot = await poison.get();
  expect(snapshot).toMatchObject({
    status: 'failed',
    error: { code: 'poison', message: expect.stringContaining('died three times') as string },
  });
  expect(snapshot.attempts.map(({ outcome }) => outcome)).toEqual(expect.arrayContaining(['died']));
  for (const job of neighbours) expect(await job.get()).toMatchObject({ status: 'completed' });
  const starts = (await linesOf(log)).map((line) => (JSON.parse(line) as { job: string }).job);
  expect(starts.filter((job) => job === poison.id)).toHaveLength(DEATHS);
  for (const { id } of neighbours) expect(starts.filter((job) => job === id).length).toBeLessThanOrEqual(3);
}, 180_000);
