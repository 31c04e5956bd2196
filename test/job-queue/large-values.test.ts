/** Data and results of any size, with the API of the queue that Holdfast replaces. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ownQueue, payloadFolder } from '../support/jobs.ts';
import { storedValues, textOf } from '../support/stored-values.ts';
import { addAndAwait, hasStatus, openQueue } from './queues.ts';

function withPayloadFolder(): void {
  process.env['HOLDFAST_PAYLOADS'] = payloadFolder();
  onTestFinished(() => void delete process.env['HOLDFAST_PAYLOADS']);
}

test.each([[5_000_000], [12_000_000]])('addJob with %d bytes works, and getJob has data and result whole', async (bytes) => {
  withPayloadFolder();
  const queue = await openQueue();
  queue.registerProcessor('echo', { process: (job) => Promise.resolve({ echo: job.data as unknown }) });
  const completed = new Promise((resolve) => queue.once('completed', resolve));
  const added = await queue.addJob('echo', { text: textOf(bytes) });
  expect(added.data).toEqual({ text: textOf(bytes) });
  expect(await completed).toMatchObject({ id: added.id, result: { echo: { text: textOf(bytes) } } });
  expect(await queue.getJob(added.id)).toMatchObject({
    status: 'completed',
    data: { text: textOf(bytes) },
    result: { echo: { text: textOf(bytes) } },
  });
});

test('on its own server a queue needs no setting for them, and finds them again', { timeout: 120_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-queue-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const options = { temporal: undefined, dataDir, queue: ownQueue() };
  const before = await openQueue(options);
  const { id } = await before.addJob('echo', textOf(5_000_000));
  await before.close();
  expect(await readdir(join(dataDir, 'payloads'))).toHaveLength(1);
  const after = await openQueue(options);
  after.registerProcessor('echo', { process: (job) => Promise.resolve(job.data as unknown) });
  await hasStatus(after, id, 'completed');
  expect((await after.getJob(id))?.result).toBe(textOf(5_000_000));
});

test('cleanup removes the stored values of the jobs that it removes, and of no others', async () => {
  withPayloadFolder();
  const queue = await openQueue();
  queue.registerProcessor('echo', { process: (job) => Promise.resolve(job.data as unknown) });
  const removed = await addAndAwait(queue, 'echo', { data: textOf(2_000_000) });
  const { id: kept } = await queue.addJob('echo', textOf(2_000_000), { delay: 3_600_000 });
  await queue.cleanup(0);
  expect(await queue.getJob(removed)).toBeNull();
  expect(await storedValues(removed)).toEqual([]);
  expect(await storedValues(kept)).toHaveLength(1);
});

test('without a payload folder data over 1.9 MB is refused, as is what JSON would change', async () => {
  const queue = await openQueue();
  await expect(queue.addJob('echo', textOf(1_900_001))).rejects.toMatchObject({
    code: 'payload-too-large',
    message: expect.stringMatching(/^The data of "echo" is 1900001 bytes of JSON; at most 1900000 can be carried\. /) as string,
  });
  await expect(queue.addJob('echo', { price: Number.NaN })).rejects.toMatchObject({
    code: 'invalid-input',
    message: expect.stringMatching(/^The data of "echo" has NaN at price, which JSON would turn into null\./) as string,
  });
});
