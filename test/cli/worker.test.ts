import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob, handle } from '../../src/index.ts';
import { connectClient, eventually, ownQueue, runWorker, serverAddress } from '../support/jobs.ts';
import { type Command, holdfast } from './support/command.ts';

const greet = defineJob({ name: 'greet', input: z.object({ name: z.string(), waitMs: z.number().optional() }), output: z.string() });

function startWorker(queue: string, args: readonly string[] = []): Command {
  const jobs = join(import.meta.dirname, 'support/greet-jobs.mjs');
  const env = { GREET_QUEUE: queue, TEMPORAL_ADDRESS: serverAddress() };
  return holdfast(['worker', '--jobs', jobs, ...args], { cwd: import.meta.dirname, env });
}

function logLines(worker: Command): Record<string, unknown>[] {
  return worker
    .err()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('holdfast worker says what it serves, runs jobs, and at SIGTERM ends with exit code 0 when its handlers have', async () => {
  const [queue, second] = [ownQueue(), ownQueue()];
  const worker = startWorker(queue, ['--queue', `${second}=1`]);
  await worker.wrote('worker started');
  expect(logLines(worker)[0]).toMatchObject({ msg: 'worker started', queues: [queue, second], types: ['greet'], server: serverAddress() });

  const client = await connectClient();
  const first = await client.add(greet, { name: 'Ann' }, { queue: second });
  expect(await first.result()).toBe('Hello, Ann');
  const long = await client.add(greet, { name: 'Ben', waitMs: 1500 }, { queue });
  await eventually('the handler runs', async () => (await long.get()).status === 'processing');
  worker.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  // The handler's return is stored; that it was the last step is for the next worker to notice.
  await runWorker({ jobs: [handle(greet, () => 'ran a second time')], queues: { [queue]: {} } });
  expect(await long.result()).toBe('Hello, Ben');
  expect(logLines(worker).map(({ msg }) => msg)).toEqual(['worker started', 'worker ending: running handlers may finish', 'worker ended']);
  expect(worker.out()).toBe('');
});

it('holdfast worker tells a server that does not answer in one message', async () => {
  const worker = startWorker(ownQueue(), ['--address', '127.0.0.1:1']);
  expect(await worker.ended).toBe(4);
  expect(worker.err()).toMatch(/^error: Temporal at 127\.0\.0\.1:1 does not answer[^\n]*\n$/);
});
