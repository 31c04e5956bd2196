import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RunningHandlers } from '../../../src/activities/running-handlers.ts';

const { signal } = new AbortController();

/** Enters, and tells whether and with what it has come in. */
function enter(handlers: RunningHandlers, isSuspect: boolean, stop: AbortSignal = signal) {
  const seen: { leave?: () => void; error?: unknown } = {};
  void handlers.enter({ isSuspect, signal: stop }).then(
    (leave) => (seen.leave = leave),
    (error: unknown) => (seen.error = error),
  );
  return { isIn: () => seen.leave !== undefined, leave: () => seen.leave?.(), error: () => seen.error };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('a suspect', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('waits until nothing else runs, then is the only one until it ends', async () => {
    const handlers = new RunningHandlers();
    const neighbour = enter(handlers, false);
    await settle();
    const suspect = enter(handlers, true);
    await settle();
    const late = enter(handlers, false);
    await settle();
    expect([suspect.isIn(), late.isIn(), handlers.count]).toEqual([false, false, 1]);
    neighbour.leave();
    await settle();
    expect([suspect.isIn(), late.isIn(), handlers.count]).toEqual([true, false, 1]);
    suspect.leave();
    await settle();
    expect([late.isIn(), handlers.count]).toEqual([true, 1]);
  });

  test('runs after the suspect before it, not beside it', async () => {
    const handlers = new RunningHandlers();
    const [first, second] = [enter(handlers, true), enter(handlers, true)];
    await settle();
    expect([first.isIn(), second.isIn()]).toEqual([true, false]);
    first.leave();
    await settle();
    expect([second.isIn(), handlers.count]).toEqual([true, 1]);
  });

  test('holds others back for 10 s at a time; beside one that never ends it runs after three times', async () => {
    const handlers = new RunningHandlers();
    enter(handlers, false);
    await settle();
    const suspect = enter(handlers, true);
    await settle();
    const late = enter(handlers, false);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(late.isIn()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(late.isIn()).toBe(true);
    await vi.advanceTimersByTimeAsync(39_000);
    expect(suspect.isIn()).toBe(false);
    await vi.advanceTimersByTimeAsync(1_001);
    expect([suspect.isIn(), handlers.count]).toEqual([true, 3]);
  });

  test('that has run for a minute lets the others go on beside it', async () => {
    const handlers = new RunningHandlers();
    const suspect = enter(handlers, true);
    await settle();
    const other = enter(handlers, false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([suspect.isIn(), other.isIn(), handlers.count]).toEqual([true, true, 2]);
  });

  test('that is stopped while it waits lets the others and the next suspect go on', async () => {
    const handlers = new RunningHandlers();
    const neighbour = enter(handlers, false);
    await settle();
    const stop = new AbortController();
    const suspect = enter(handlers, true, stop.signal);
    await settle();
    const next = enter(handlers, true);
    const late = enter(handlers, false);
    await settle();
    stop.abort(new Error('enough'));
    await settle();
    expect(suspect.error()).toMatchObject({ message: 'enough' });
    expect([next.isIn(), late.isIn()]).toEqual([false, true]);
    neighbour.leave();
    late.leave();
    await settle();
    expect([next.isIn(), handlers.count]).toEqual([true, 1]);
  });
});
