import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Heartbeats } from '../../../src/activities/heartbeats.ts';

describe('heartbeats', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('beat every 200 ms while few attempts run', () => {
    const beat = vi.fn<() => void>();
    const stop = new Heartbeats().start(beat);
    vi.advanceTimersByTime(1000);
    stop();
    expect(beat).toHaveBeenCalledTimes(5);
  });

  test.each([
    [20, 200],
    [50, 500],
    [100, 1000],
    [5000, 1000],
  ])('of %d attempts each beat every %d ms', (attempts, everyMs) => {
    const heartbeats = new Heartbeats();
    const first = vi.fn<() => void>();
    heartbeats.start(first);
    for (let index = 1; index < attempts; index += 1) heartbeats.start(() => undefined);
    vi.advanceTimersByTime(200);
    first.mockClear();
    vi.advanceTimersByTime(everyMs * 4);
    expect(first).toHaveBeenCalledTimes(4);
  });

  test('of an attempt that is taken for dead after 1 s come three times a second, however many others run', () => {
    const heartbeats = new Heartbeats();
    const hurried = vi.fn<() => void>();
    const other = vi.fn<() => void>();
    for (let index = 0; index < 200; index += 1) heartbeats.start(other);
    heartbeats.start(hurried, 1000);
    vi.advanceTimersByTime(10_000);
    expect(hurried.mock.calls.length).toBeGreaterThanOrEqual(29);
    expect(other.mock.calls.length).toBeLessThanOrEqual(200 * 15);
  });

  test('an attempt that is shorter than a beat sends none, and no timer is left', () => {
    const beat = vi.fn<() => void>();
    const stop = new Heartbeats().start(beat);
    vi.advanceTimersByTime(199);
    stop();
    stop();
    expect([beat.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test('go on for the others when one ends during a beat', () => {
    const heartbeats = new Heartbeats();
    const stops: (() => void)[] = [];
    const once = vi.fn<() => void>(() => stops[0]?.());
    const other = vi.fn<() => void>();
    stops.push(heartbeats.start(once), heartbeats.start(other));
    vi.advanceTimersByTime(600);
    expect([once.mock.calls.length, other.mock.calls.length, vi.getTimerCount()]).toEqual([1, 3, 1]);
  });

  test('begin anew after all attempts had ended', () => {
    const heartbeats = new Heartbeats();
    heartbeats.start(() => undefined)();
    const beat = vi.fn<() => void>();
    heartbeats.start(beat);
    vi.advanceTimersByTime(200);
    expect(beat).toHaveBeenCalledTimes(1);
  });
});
