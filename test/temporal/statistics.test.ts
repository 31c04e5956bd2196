/** Those who ask one client for statistics share its answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { JobClient } from '../../src/client.ts';
import { defineJob } from '../../src/contract/index.ts';
import { connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import { handle } from '../../src/worker.ts';
import { connectClient, eventually, ownQueue, runWorker, serverAddress } from '../support/jobs.ts';

describe('stats()', () => {
  test('makes for ten askers the calls of one', async () => {
    const contract = defineJob({ name: 'measured', input: z.unknown(), queue: ownQueue() });
    const { queue } = contract;
    await runWorker({ jobs: [handle(contract, () => 1)] });
    const { temporal, calls } = await countingTemporal();
    const client = JobClient.over(temporal);
    await client.stats({ queue });
    const callsOfOne = calls();
    await sleep(1100);
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.stats({ queue })));
    expect(calls()).toBe(2 * callsOfOne);
    expect(new Set(answers).size).toBe(1);
  });

  test('tells of a queue that jobs wait in and no worker has ever served', async () => {
    const contract = defineJob({ name: 'unserved', input: z.unknown(), queue: ownQueue() });
    const client = await connectClient();
    const job = await client.add(contract, 1);
    const told = async () => (await client.stats()).queues.find(({ queue, waiting }) => queue === contract.queue && waiting.value !== 0);
    expect((await eventually('the queue is told of', told))?.waiting.value).toBe(1);
    await job.cancel();
  });
});

/** A connection that counts its calls. */
async function countingTemporal(): Promise<{ temporal: Temporal; calls: () => number }> {
  const temporal = await connectTemporal({ address: serverAddress(), namespace: 'default' });
  let count = 0;
  const call = <T>(what: string, body: () => Promise<T>): Promise<T> => {
    count += 1;
    return temporal.call(what, body);
  };
  return { temporal: { ...temporal, call, read: call }, calls: () => count };
}
