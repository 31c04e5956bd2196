import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Turns } from '../../../src/temporal/turns.ts';

/** Polls that end when they are told to or aborted. */
function polls() {
  const open = new Map<number, (value: number) => void>();
  let most = 0;
  const poll = (id: number) => (signal: AbortSignal) =>
    new Promise<number>((resolve, reject) => {
      open.set(id, resolve);
      most = Math.max(most, open.size);
      signal.addEventListener('abort', () => {
        open.delete(id);
        reject(new Error('the call was stopped'));
      });
    });
  const end = (id: number): void => {
    open.get(id)?.(id);
    open.delete(id);
  };
  return { poll, end, open, most: () => most };
}

describe('long polls', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('are 500 at a time; each of more has its turn and ends', async () => {
    const turns = new Turns();
    const { poll, end, open, most } = polls();
    const waits = Array.from({ length: 700 }, (_, id) => turns.take(poll(id)));
    const seen = new Set<number>();
    for (let round = 0; round < 2; round += 1) {
      await vi.advanceTimersByTimeAsync(1);
      for (const id of open.keys()) seen.add(id);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(seen.size).toBe(700);
    while (open.size > 0) {
      for (const id of open.keys()) end(id);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(await Promise.all(waits)).toEqual(Array.from({ length: 700 }, (_, id) => id));
    expect(most()).toBe(500);
  });

  test('go on undisturbed when nobody else waits', async () => {
    const turns = new Turns();
    let calls = 0;
    const wait = turns.take(async (signal) => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      return signal.aborted;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await wait).toBe(false);
    expect(calls).toBe(1);
  });

  test('that are no longer wanted reject with the reason at once, before their turn as well', async () => {
    const turns = new Turns();
    const { poll, open } = polls();
    for (let id = 0; id < 500; id += 1) void turns.take(poll(id)).catch(() => undefined);
    const stop = new AbortController();
    const waiting = turns.take(poll(500), stop.signal);
    waiting.catch(() => undefined);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(open.has(500)).toBe(false);
  });

  test('end with their own error', async () => {
    await expect(new Turns().take(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  });
});
