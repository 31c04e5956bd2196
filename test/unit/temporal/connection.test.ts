import type { Client } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { temporalOver } from '../../../src/temporal/connection.ts';

const connection = {
  withAbortSignal: async <T>(_signal: AbortSignal, body: () => Promise<T>) => await body(),
  withDeadline: async <T>(_deadline: number, body: () => Promise<T>) => await body(),
};
const newTemporal = () => temporalOver({ connection } as unknown as Client, { address: 'host:7233', namespace: 'default' });

/** A call that ends when it is told to, and how many of its kind were under way at most. */
function heldCalls() {
  let running = 0;
  let most = 0;
  const ends: (() => void)[] = [];
  const call = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
  };
  const endAll = async (): Promise<void> => {
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end();
      await new Promise(setImmediate);
    }
  };
  return { call, endAll, most: () => most };
}

describe('jobs that one client adds', () => {
  test('go to the server 100 at a time, all of them in the end', async () => {
    const temporal = newTemporal();
    const held = heldCalls();
    const adds = Array.from({ length: 450 }, () => temporal.add('add job "a"', held.call));
    await new Promise(setImmediate);
    await held.endAll();
    expect((await Promise.allSettled(adds)).filter(({ status }) => status === 'fulfilled')).toHaveLength(450);
    expect(held.most()).toBe(100);
  });

  test('are refused as overloaded when 10 000 wait already; other calls are not held up', async () => {
    const temporal = newTemporal();
    const held = heldCalls();
    const adds = Array.from({ length: 10_100 }, () => temporal.add('add job "a"', held.call));
    await new Promise(setImmediate);
    await expect(temporal.add('add job "b"', held.call)).rejects.toMatchObject({ code: 'overloaded', details: { limit: 10_000 } });
    await expect(temporal.call('read job "a"', () => Promise.resolve('read'))).resolves.toBe('read');
    await held.endAll();
    await Promise.all(adds);
  });
});
