/** Owns what anybody who adds jobs can rely on about repeated adds and about tenants. Part of the suite of `jobs.ts`. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handle } from '../../src/worker.ts';
import { eventually, runWorker } from '../support/jobs.ts';
import { type ContractClient, contractOf, type SuiteTraits } from './support.ts';

const REPEATS = 10;

/** Adds with one idempotency key are one add. */
export function repeats(connect: () => Promise<ContractClient>): void {
  test('at the same time and after the end make one job, and give its result', async () => {
    const contract = contractOf({});
    let calls = 0;
    await runWorker({ jobs: [handle(contract, () => (calls += 1))] });
    const client = await connect();
    const idempotencyKey = randomUUID();
    const add = async () => await client.add(contract, { a: 1 }, { idempotencyKey, tags: ['x'] });
    const jobs = await Promise.all(Array.from({ length: REPEATS }, add));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    expect(jobs.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    expect(await jobs[0]?.result()).toBe(1);
    const later = await add();
    expect(later.deduplicated).toBe(true);
    expect(await later.result()).toBe(1);
    expect(calls).toBe(1);
  });

  test('also after the job was retried by hand', async () => {
    const contract = contractOf({ retry: { maxAttempts: 1 } });
    const fail = (): never => {
      throw new Error('broken');
    };
    await runWorker({ jobs: [handle(contract, fail)] });
    const client = await connect();
    const idempotencyKey = randomUUID();
    const job = await client.add(contract, 1, { idempotencyKey });
    await expect(job.result()).rejects.toThrow('broken');
    await job.retry();
    expect(await client.add(contract, 1, { idempotencyKey })).toMatchObject({ id: job.id, deduplicated: true });
    await expect(client.add(contract, 2, { idempotencyKey })).rejects.toMatchObject({ code: 'idempotency-mismatch' });
  });

  test('are refused when they say something else', async () => {
    const [contract, other] = [contractOf({}), contractOf({ name: 'another-type' })];
    const client = await connect();
    const idempotencyKey = randomUUID();
    const { id } = await client.add(contract, { a: 1 }, { idempotencyKey, delay: '1h' });
    const refused = { code: 'idempotency-mismatch', details: { id } };
    await expect(client.add(contract, { a: 2 }, { idempotencyKey, delay: '1h' })).rejects.toMatchObject(refused);
    await expect(client.add(contract, { a: 1 }, { idempotencyKey, delay: '2h' })).rejects.toMatchObject(refused);
    await expect(client.add(other, { a: 1 }, { idempotencyKey, delay: '1h' })).rejects.toMatchObject(refused);
    await client.cancel(id);
  });

  test('are refused beside a dedupe key', async () => {
    const client = await connect();
    await expect(client.add(contractOf({}), 1, { idempotencyKey: 'x', dedupeKey: 'y' })).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('idempotencyKey to be left out beside dedupeKey') as string,
    });
  });
}

/** Jobs of a tenant are told apart by their ids, and their keys meet nobody else's. */
export function tenants(connect: () => Promise<ContractClient>): void {
  const ownTenant = (): string => `t-${randomUUID().slice(0, 8)}`;

  test('have ids that begin with their name, whatever made them', async () => {
    const contract = contractOf({ name: `of-tenants-${randomUUID()}` });
    const client = await connect();
    const [tenant, other] = [ownTenant(), ownTenant()];
    const add = async (options: object) => await client.add(contract, 1, { delay: '1h', ...options });
    const jobs = await Promise.all([
      add({ tenant }),
      add({ tenant, dedupeKey: 'k' }),
      add({ tenant: other, dedupeKey: 'k' }),
      add({ dedupeKey: 'k' }),
      add({ tenant, idempotencyKey: contract.name }),
      add({ tenant: other, idempotencyKey: contract.name }),
    ]);
    const snapshots = await Promise.all(jobs.map(async (job) => await job.get()));
    expect(snapshots.map((job) => job.tenant)).toEqual([tenant, tenant, other, undefined, tenant, other]);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
    expect(snapshots.map((job) => job.key)).toEqual([tenant, tenant, other, undefined, tenant, other]);
    await Promise.all(jobs.map(async (job) => await job.cancel()));
  });

  test('are what lists and counts can be narrowed to', async () => {
    const contract = contractOf({});
    const client = await connect();
    const tenant = ownTenant();
    const mine = await Promise.all([1, 2, 3].map(async (n) => await client.add(contract, n, { tenant, delay: '1h' })));
    const others = await client.add(contract, 4, { tenant: `${tenant}-2`, delay: '1h' });
    await eventually('that all are found', async () => (await client.list({ queue: contract.queue })).jobs.length === 4);
    const { jobs } = await client.list({ tenant });
    expect(jobs.map(({ id }) => id).toSorted()).toEqual(mine.map(({ id }) => id).toSorted());
    expect(await client.count({ tenant })).toMatchObject({ delayed: 3, isExact: true });
    await Promise.all([...mine, others].map(async (job) => await job.cancel()));
  });

  test.each(['Acme', 'a@b', '', '-a', 'a'.repeat(41), 7])('have no name such as %j', async (tenant) => {
    const client = await connect();
    await expect(client.add(contractOf({}), 1, { tenant: tenant as string })).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringMatching(/^Expected tenant to be 1–40 lower-case letters/) as string,
    });
  });
}

/** Lists narrowed by what the id begins with and by the time of the add. */
export function narrowedLists(connect: () => Promise<ContractClient>, { isShared }: SuiteTraits): void {
  test('by the beginning of the id, and by time', async () => {
    const contract = contractOf({ name: `narrowed-${randomUUID()}` });
    const client = await connect();
    const early = await client.add(contract, 1, { dedupeKey: "it's 100%_\\", delay: '1h' });
    const { addedAt } = await early.get();
    const late = await client.add(contract, 2, { dedupeKey: 'other', delay: '1h' });
    await eventually('that both are found', async () => (await client.list({ type: contract.name })).jobs.length === 2);
    const found = async (filter: object) => (await client.list({ type: contract.name, ...filter })).jobs.map(({ id }) => id);
    expect(await found({ idPrefix: `${contract.name}:` })).toEqual([late.id, early.id]);
    expect(await found({ idPrefix: `${contract.name}:it's 100%_` })).toEqual([early.id]);
    expect(await found({ idPrefix: `${contract.name}:__` })).toEqual([]);
    const between = new Date(Date.parse(addedAt) + 1);
    expect(await found({ addedAfter: between })).toEqual([late.id]);
    expect(await found({ addedBefore: between })).toEqual([early.id]);
    await Promise.all([early, late].map(async (job) => await job.cancel()));
  });

  test('by the key, as it was written', async () => {
    const contract = contractOf({ name: `keyed-${randomUUID()}` });
    const client = await connect();
    const jobs = await Promise.all(
      ['acme', 'Acme', undefined].map(async (key) => await client.add(contract, 1, { delay: '1h', ...(key === undefined ? {} : { key }) })),
    );
    await eventually('that all are found', async () => (await client.list({ type: contract.name })).jobs.length === 3);
    expect((await client.list({ key: 'acme', type: contract.name })).jobs.map(({ id, key }) => [id, key])).toEqual([[jobs[0]?.id, 'acme']]);
    expect(await client.list({ key: 'nobody', type: contract.name })).toMatchObject({ jobs: [] });
    await Promise.all(jobs.map(async (job) => await job.cancel()));
  });

  test.skipIf(isShared)('by the error, its code or its message without what differs', async () => {
    const contract = contractOf({ name: `failing-${randomUUID()}`, retry: { maxAttempts: 1 } });
    const fail = (n: unknown): never => {
      throw Object.assign(new Error(`row ${String(n)} of "orders" is bad`), n === 3 ? { code: 'E_THIRD' } : {});
    };
    await runWorker({ jobs: [handle(contract, fail)] });
    const client = await connect();
    const jobs = await Promise.all([1, 2, 3].map(async (n) => await client.add(contract, n)));
    await Promise.allSettled(jobs.map(async (job) => await job.result()));
    await eventually('that all have failed', async () => (await client.list({ type: contract.name, status: 'failed' })).jobs.length === 3);
    const type = contract.name;
    const found = async (error: string): Promise<number> => (await client.list({ type, error })).jobs.length;
    expect(await found('row <number> of <text> is bad')).toBe(3);
    expect(await found('ROW 2')).toBe(1);
    expect((await client.list({ type, error: 'E_THIRD', status: 'failed' })).jobs.map(({ id }) => id)).toEqual([jobs[2]?.id]);
    expect(await found('no such thing')).toBe(0);
    expect(await client.count({ type, error: 'row 1' })).toMatchObject({ failed: 1, completed: 0, isExact: true });
  });

  test.each([
    { idPrefix: '' },
    { addedAfter: 'yesterday' },
    { addedBefore: 5 },
    { tenant: 'A' },
    { key: 'ä'.repeat(33) },
    { error: '' },
    { error: 'broken', status: 'queued' },
  ])('not by %j', async (filter) => {
    const client = await connect();
    await expect(client.list(filter as object)).rejects.toMatchObject({ code: 'invalid-options' });
  });
}
