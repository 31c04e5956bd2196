/** Owns what anybody who adds jobs can rely on about duplicates. Part of the suite of `jobs.ts`. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { handle } from '../../src/worker.ts';
import { eventually, gate, runWorker, serverAddress, temporalClient } from '../support/jobs.ts';
import { type ContractClient, contractOf, isStatus } from './support.ts';

const PROCESSES = 5;
const ADDS = 10;
const addingProgram = new URL('./adding-program.mjs', import.meta.url).pathname;

/** Adds with one dedupe key and type make one job. */
export function duplicates(connect: () => Promise<ContractClient>): void {
  // Types of their own: the id of a job comes from its type and key.
  const ownType = (): ReturnType<typeof contractOf> => contractOf({ name: `deduped-${randomUUID()}` });
  const runsOf = async (id: string): Promise<number> => {
    const { workflow } = await temporalClient();
    return (await workflow.count(`WorkflowId = '${id}'`)).count;
  };

  test('while the first is open are that job, and are told so', async () => {
    const contract = ownType();
    const client = await connect();
    const first = await client.add(contract, { a: 1, b: [{ c: 2, d: 3 }] }, { dedupeKey: 'k', dedupeWindow: 0 });
    const again = await client.add(contract, { b: [{ d: 3, c: 2 }], a: 1 }, { dedupeKey: 'k', dedupeWindow: 0 });
    expect([first.id, again.id]).toEqual([`${contract.name}:k`, `${contract.name}:k`]);
    expect([first.deduplicated, again.deduplicated]).toEqual([false, true]);
    const other = await client.add(contract, { a: 1 }, { dedupeKey: 'another' });
    expect([other.id, other.deduplicated]).toEqual([`${contract.name}:another`, false]);
    expect((await again.get()).run).toBe(1);
  });

  test('after its end and within the window are that job, with its result', async () => {
    const contract = ownType();
    await runWorker({ jobs: [handle(contract, (input) => input)] });
    const client = await connect();
    const first = await client.add(contract, 1, { dedupeKey: 'k' });
    await first.result();
    const again = await client.add(contract, 1, { dedupeKey: 'k', dedupeWindow: '1h' });
    expect(again.deduplicated).toBe(true);
    expect(await again.result()).toBe(1);
    expect((await again.get()).runId).toBe((await first.get()).runId);
  });

  test('after the window make a new run of the same id', async () => {
    const contract = ownType();
    await runWorker({ jobs: [handle(contract, (input) => input)] });
    const client = await connect();
    const first = await client.add(contract, 1, { dedupeKey: 'k' });
    await first.result();
    const { runId } = await first.get();
    const next = await client.add(contract, 2, { dedupeKey: 'k', dedupeWindow: 0 });
    expect([next.id, next.deduplicated]).toEqual([first.id, false]);
    expect(await next.result()).toBe(2);
    expect(await next.get()).toMatchObject({ run: 2, previousRunId: runId, input: 2, output: 2 });
  });

  test('with another input are refused, and so are all of them where that was asked for', async () => {
    const contract = ownType();
    const client = await connect();
    const { id } = await client.add(contract, { a: 1 }, { dedupeKey: 'k' });
    const refused = (message: RegExp): object => ({
      name: 'JobError',
      code: 'duplicate',
      message: expect.stringMatching(message) as string,
      details: { id, status: 'queued' },
    });
    await expect(client.add(contract, { a: 2 }, { dedupeKey: 'k' })).rejects.toMatchObject(
      refused(/^The job "deduped-.*:k", added at \S+Z and queued, has another input\./),
    );
    await expect(client.add(contract, { a: 1 }, { dedupeKey: 'k', onDuplicate: 'reject' })).rejects.toMatchObject(
      refused(/has the same input, and duplicates are rejected\.$/),
    );
    const unlucky = contractOf({ name: `${contract.name}:k` });
    const first = await client.add(unlucky, {}, { dedupeKey: 'x' });
    expect(first.id).toBe(`${contract.name}:k:x`);
    await expect(client.add(contract, {}, { dedupeKey: 'k:x' })).rejects.toMatchObject({
      code: 'duplicate',
      message: expect.stringMatching(/is of the type "deduped-.*:k", not "deduped-/) as string,
    });
  });

  test('have no window longer than the server keeps finished jobs', async () => {
    const client = await connect();
    await expect(client.add(ownType(), {}, { dedupeKey: 'k', dedupeWindow: '31d' })).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringMatching(/^Expected dedupeWindow to be at most the 30 d that .* keeps finished jobs, got: 31 d\./) as string,
    });
  });

  test(`of ${PROCESSES * ADDS} adders at once in ${PROCESSES} processes are one job`, async () => {
    const contract = ownType();
    const seen = await Promise.all(
      Array.from({ length: PROCESSES }, () => addInAnotherProcess({ name: contract.name, queue: contract.queue, adds: ADDS })),
    );
    expect(seen.flat()).toHaveLength(PROCESSES * ADDS);
    expect(seen.flat().filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    expect(new Set(seen.flat().map(({ id }) => id))).toEqual(new Set([`${contract.name}:k`]));
    await eventually('the index to have it', async () => (await runsOf(`${contract.name}:k`)) === 1);
  });

  test('of many adders at once after the window are one new run, also when it ends at once', async () => {
    const contract = ownType();
    const { opened, open } = gate();
    await runWorker({ jobs: [handle(contract, (input) => input)] });
    const client = await connect();
    const first = await client.add(contract, 1, { dedupeKey: 'k' });
    await first.result();
    const { addedAt } = await first.get();
    const dedupeWindow = 2000;
    await eventually('the window to be over', () => Date.parse(addedAt) + dedupeWindow < Date.now());
    const adders = Array.from({ length: 20 }, async () => {
      await opened;
      return await client.add(contract, 1, { dedupeKey: 'k', dedupeWindow });
    });
    open();
    const jobs = await Promise.all(adders);
    expect(jobs.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    await isStatus(first, 'completed');
    expect((await first.get()).run).toBe(2);
    await eventually('the index to have both', async () => (await runsOf(first.id)) === 2);
  });
}

interface Added {
  readonly id: string;
  readonly deduplicated: boolean;
}

async function addInAnotherProcess(settings: { name: string; queue: string; adds: number }): Promise<readonly Added[]> {
  const args = [addingProgram, JSON.stringify({ ...settings, address: serverAddress() })];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Added[];
}
