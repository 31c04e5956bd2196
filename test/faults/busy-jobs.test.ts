/** Many jobs that keep the processor busy, on both cores: none is taken for one whose worker has died. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scaled } from '../support/scale.ts';
import { burn } from './support/burn.mjs';
import { linesOf, ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';

const WORKERS = 2;
/** Beside the others, which block for 200 ms at a time. */
const LONG_BLOCKS = 4;

test('of busy jobs with default settings each handler is called once', { timeout: 600_000 }, async () => {
  const jobs = scaled(30, 200);
  const server = await ownServer();
  const log = join(await ownFolder(), 'calls.log');
  const client = await ownClient(server);
  for (let index = 0; index < WORKERS; index += 1) {
    await startWorkerProcess({ address: server.address, log, concurrency: jobs / WORKERS + LONG_BLOCKS });
  }
  // 200 jobs with 3 slices of 200 ms keep each of two processes busy for a minute.
  const inputs = Array.from({ length: jobs + LONG_BLOCKS }, (_value, index) =>
    index < LONG_BLOCKS ? { blockMs: 7000 } : { blockMs: 200, slices: 3 },
  );
  const added = await Promise.all(inputs.map((input) => client.add(burn, input)));
  await Promise.all(added.map((job) => job.result()));
  const calls = (await linesOf(log)).map((line) => (JSON.parse(line) as { job: string }).job);
  expect(calls.toSorted()).toEqual(added.map(({ id }) => id).toSorted());
});
