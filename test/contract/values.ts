/** The part of the contract suite about inputs and outputs: how large, how deep, and what JSON cannot carry. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { JobClient } from '../../src/client.ts';
import { defineJob } from '../../src/contract/index.ts';
import { handle } from '../../src/worker.ts';
import { ownQueue, runWorker } from '../support/jobs.ts';
import { nested, textOf } from '../support/stored-values.ts';

const anything: z.ZodType = z.unknown();

export function valuesContract(connect: () => Promise<Pick<JobClient, 'add'>>): void {
  test.each([[1_900_000], [1_900_001], [5_000_000]])('of %d bytes go in and come out whole, and are seen', async (bytes) => {
    const contract = defineJob({ name: 'large', input: anything, queue: ownQueue() });
    await runWorker({ jobs: [handle(contract, (input) => [input, bytes])] });
    const client = await connect();
    const job = await client.add(contract, textOf(bytes));
    expect(await job.result()).toEqual([textOf(bytes), bytes]);
    expect(await job.get()).toMatchObject({ status: 'completed', attempt: 1, input: textOf(bytes), output: [textOf(bytes), bytes] });
  });

  test('of 64 levels go in and come out', async () => {
    const contract = defineJob({ name: 'deep', input: anything, queue: ownQueue() });
    await runWorker({ jobs: [handle(contract, (input) => input)] });
    const client = await connect();
    expect(await (await client.add(contract, nested(64))).result()).toEqual(nested(64));
  });

  test.each([
    [nested(65), 'is nested deeper than 64 levels.'],
    [nested(10_000), 'is nested deeper than 64 levels.'],
    [{ price: Number.NaN }, 'has NaN at price, which JSON would turn into null.'],
    [{ rows: [1, undefined] }, 'has undefined at rows.1, which JSON would turn into null.'],
    [{ index: new Map([[1, 2]]) }, 'has a Map at index, which JSON would turn into an object without its content.'],
    [{ 'holdfast:payload': {} }, 'has the key "holdfast:payload", which is Holdfast\'s own.'],
  ])('that cannot be carried as they are, are refused (%#)', async (value, sentence) => {
    const client = await connect();
    await expect(client.add(defineJob({ name: 'odd', input: anything, queue: ownQueue() }), value)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining(`The input of "odd" ${sentence}`) as string,
    });
  });

  test('are seen with no worker up', async () => {
    const client = await connect();
    const job = await client.add(defineJob({ name: 'large', input: anything, queue: ownQueue() }), textOf(3_000_000));
    expect(await job.get()).toMatchObject({ status: 'queued', input: textOf(3_000_000) });
  });
}
