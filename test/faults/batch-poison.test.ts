/** In a batch one item kills its worker each time: it alone is poison. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownClient, ownFolder, ownServer, superviseWorker } from './support/processes.ts';
import { shared } from './support/steps.mjs';

test('an item that kills its worker each time is poison, and the others complete', { timeout: 240_000 }, async () => {
  const server = await ownServer();
  const folder = await ownFolder();
  const payloads = join(folder, 'payloads');
  const client = await ownClient(server, payloads);
  const supervisor = new AbortController();
  const settings = { address: server.address, log: join(folder, 'starts.log'), concurrency: 20, payloads };
  const supervised = superviseWorker(settings, supervisor.signal);
  const batch = await client.addBatch(
    shared,
    Array.from({ length: 2000 }, (_none, n) => ({ n, ms: 20, kills: n === 700 })),
  );
  await expect(batch.result()).rejects.toMatchObject({ code: 'items-failed' });
  supervisor.abort();
  await supervised;
  expect((await batch.get()).batch).toMatchObject({ completed: 1999, failed: 1 });
  expect((await batch.items({ status: 'failed' })).items).toMatchObject([{ index: 700, error: { code: 'poison' } }]);
});
