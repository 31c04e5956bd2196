import { describe, expect, test } from 'vitest';
import { HandlerLimit } from '../../../src/activities/handler-limit.ts';

const never = new AbortController().signal;

describe('the limit of handlers', () => {
  test('lets as many run as it says, and no more', async () => {
    const limit = new HandlerLimit(2);
    await limit.acquire(never);
    const release = await limit.acquire(never);
    const third = watched(limit.acquire(never));
    await settled();
    expect([limit.running, third.isDone]).toEqual([2, false]);
    release();
    await third.promise;
    expect(limit.running).toBe(2);
  });

  test('gives places first come first served', async () => {
    const limit = new HandlerLimit(1);
    let release = await limit.acquire(never);
    const order: number[] = [];
    const turns = [1, 2, 3].map(async (turn) => {
      const done = await limit.acquire(never);
      order.push(turn);
      return done;
    });
    for (const turn of turns) {
      release();
      release = await turn;
    }
    release();
    expect(order).toEqual([1, 2, 3]);
    expect(limit.running).toBe(0);
  });

  test('an aborted waiter leaves the row with the reason and takes no place', async () => {
    const limit = new HandlerLimit(1);
    const release = await limit.acquire(never);
    const abort = new AbortController();
    const leaver = limit.acquire(abort.signal);
    const stayer = watched(limit.acquire(never));
    const reason = new Error('cancelled');
    abort.abort(reason);
    await expect(leaver).rejects.toBe(reason);
    release();
    await stayer.promise;
    expect(limit.running).toBe(1);
  });

  test('who is aborted already is not let in', async () => {
    const limit = new HandlerLimit(1);
    await expect(limit.acquire(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(limit.running).toBe(0);
  });

  test('an abort after the place was given changes nothing in the count', async () => {
    const limit = new HandlerLimit(1);
    const abort = new AbortController();
    const release = await limit.acquire(abort.signal);
    abort.abort();
    expect(limit.running).toBe(1);
    release();
    expect(limit.running).toBe(0);
  });
});

function watched<T>(promise: Promise<T>): { readonly promise: Promise<T>; isDone: boolean } {
  const state = { promise, isDone: false };
  void promise.then(() => (state.isDone = true));
  return state;
}

/** After everything that is due has run. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
