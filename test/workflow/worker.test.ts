/** How a worker begins and ends. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';
import { createWorker, handle } from '../../src/worker.ts';
import { ownQueue, serverAddress, silentLog } from '../support/jobs.ts';

const contract = defineJob({ name: 'of-worker', input: z.object({}), queue: ownQueue() });
const jobs = [handle(contract, () => 1)];
const common = { jobs, log: silentLog, shutdownGrace: 0 } as const;

describe('a worker', () => {
  test('serves the queues of its contracts and those it is given', async () => {
    const worker = await createWorker({ ...common, address: serverAddress(), queues: { 'test-another': { concurrency: 2 } } });
    expect(worker.queues).toEqual([contract.queue, 'test-another']);
    worker.shutdown();
    await worker.run();
  });

  test('that was shut down before it ran ends at once, and leaves nothing behind', async () => {
    const lines: string[] = [];
    const log = { ...silentLog, debug: (line: string) => void lines.push(line) };
    const worker = await createWorker({ ...common, log, address: serverAddress() });
    worker.shutdown();
    worker.shutdown();
    await worker.run();
    expect(lines).not.toContain('connection not closed');
  });

  test('leaves no signal handler behind', async () => {
    const before = process.listenerCount('SIGTERM');
    const worker = await createWorker({ ...common, address: serverAddress() });
    const running = worker.run();
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    worker.shutdown();
    await running;
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  test('on a namespace that is not there ends with an error instead of waiting for jobs', async () => {
    const started = createWorker({ ...common, address: serverAddress(), namespace: 'nowhere' }).then((worker) => worker.run());
    await expect(started).rejects.toThrow(/nowhere|not found/i);
  });

  test('whose server does not answer says which', async () => {
    await expect(createWorker({ ...common, address: '127.0.0.1:1' })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
  });

  test.each([
    [{ jobs: [] }, 'A worker needs at least one job or queue.'],
    [{ concurrency: 0 }, 'Expected concurrency to be a whole number from 1 to 10000, got: 0.'],
    [{ queues: { q: { limit: 3 } } }, 'Unknown options of queue "q": "limit". Known are: concurrency.'],
    [{ workflows: '/nowhere.ts' }, 'The workflow file /nowhere.ts cannot be bundled: '],
    [{ shutdownGrace: 'soon' }, 'Expected shutdownGrace to be a duration'],
    [{ concurency: 5 }, 'Unknown worker options: "concurency".'],
  ])('refuses %j', async (options, message) => {
    await expect(createWorker({ ...common, address: serverAddress(), ...(options as object) })).rejects.toThrow(message);
  });
});
