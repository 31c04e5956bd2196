/** Owns what anybody who adds jobs can rely on about the order in which they start. Part of the suite of `jobs.ts`. */
import { addressOf } from '../../src/contract/carrier.ts';
import { expect, test } from 'vitest';
import type { JobHandle } from '../../src/client.ts';
import { PRIORITIES } from '../../src/contract/index.ts';
import { eventually, temporalClient } from '../support/jobs.ts';
import { type ContractClient, contractOf, isStatus, oneAtATime } from './support.ts';

/** Which waiting job goes first. */
export function theOrder(connect: () => Promise<ContractClient>): void {
  test('of waiting jobs is that of their priorities', async () => {
    const contract = contractOf({});
    const { called, open } = await oneAtATime(contract);
    const client = await connect();
    await isStatus(await client.add(contract, 'blocker'), 'processing');
    const mixed = ['normal', 'lowest', 'high', 'low', 'highest', 'highest', 'low', 'normal', 'lowest', 'high'] as const;
    const jobs = await Promise.all(mixed.map((priority) => client.add(contract, priority, { priority })));
    await eventually('all handlers to be in the queue', () => allHandlersWait(jobs));
    open();
    await Promise.all(jobs.map((job) => job.result()));
    const [, ...order] = called;
    expect(order).toEqual(PRIORITIES.flatMap((priority) => [priority, priority]));
    expect(await Promise.all(jobs.map(async (job) => (await job.get()).priority))).toEqual([...mixed]);
  });

  test('of jobs with keys is in turns: a key with few jobs does not wait behind one with many', async () => {
    const contract = contractOf({});
    const { called, open } = await oneAtATime(contract);
    const client = await connect();
    await isStatus(await client.add(contract, 'blocker'), 'processing');
    const jobs: JobHandle[] = [];
    for (const key of [...Array.from({ length: 20 }, () => 'A'), ...Array.from({ length: 10 }, () => 'B')])
      jobs.push(await client.add(contract, key, { key }));
    await eventually('all handlers to be in the queue', () => allHandlersWait(jobs));
    open();
    await Promise.all(jobs.map((job) => job.result()));
    const [, ...order] = called;
    // In turns they would be ABAB …: the tenth B comes 20th.
    expect(order.lastIndexOf('B')).toBeLessThan(22);
    expect(order.slice(0, 20).filter((key) => key === 'B').length).toBeGreaterThanOrEqual(9);
    expect(await jobs[0]?.get()).toMatchObject({ key: 'A', priority: 'normal' });
    const rows = await eventually('the index to have all of them', async () => {
      const { jobs: found } = await client.list({ queue: contract.queue });
      return found.length === 31 && found;
    });
    expect(rows.filter(({ key }) => key === 'B')).toHaveLength(10);
  });
}

/** True when the server holds every job's handler for a worker that has a place: only then does their order count. */
export async function allHandlersWait(jobs: readonly JobHandle[]): Promise<boolean> {
  const { workflow } = await temporalClient();
  const descriptions = await Promise.all(jobs.map(({ id }) => workflow.getHandle(addressOf(id).workflowId).describe()));
  return descriptions.every(({ raw }) => raw.pendingActivities?.length === 1);
}
