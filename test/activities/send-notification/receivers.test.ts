/** Who holds how many places: one receiver never all of them, slow ones few, and those that give way come back in turn. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Snooze } from '../../../src/activities/handler-errors.ts';
import { type Place, Receivers } from '../../../src/activities/send-notification/receivers.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** The place, or how long the delivery was told to wait, and why. */
function tried(receivers: Receivers, name: string): Place | { readonly waitMs: number; readonly why: string } {
  try {
    return receivers.enter(name);
  } catch (error) {
    if (error instanceof Snooze) return { waitMs: error.waitMs, why: error.message };
    throw error;
  }
}

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** A delivery of so many milliseconds. */
function delivery(receivers: Receivers, name: string, ms: number): void {
  const place = receivers.enter(name);
  pass(ms);
  place.leave();
}

describe('a receiver', () => {
  test('has its share of places and no more; another one is not touched by that', () => {
    const receivers = new Receivers(2);
    const [first] = [receivers.enter('a'), receivers.enter('a')];
    expect(tried(receivers, 'a')).toMatchObject({
      waitMs: 1000,
      why: 'The receiver a has 2 under way in this worker: this delivery waits for its turn.',
    });
    expect(tried(receivers, 'b')).toHaveProperty('leave');
    first.leave();
    expect(tried(receivers, 'a')).toHaveProperty('leave');
    expect(tried(receivers, 'a')).toHaveProperty('waitMs');
  });

  test('gives a place back once, however often that is said', () => {
    const receivers = new Receivers(1);
    const place = receivers.enter('a');
    place.leave();
    place.leave();
    receivers.enter('a');
    place.leave();
    expect(tried(receivers, 'a')).toHaveProperty('waitMs');
  });

  test('that was slow the last time has one place, until it is quick again', () => {
    const receivers = new Receivers(3);
    delivery(receivers, 'a', 5001);
    const place = receivers.enter('a');
    expect(tried(receivers, 'a')).toHaveProperty('waitMs');
    pass(10);
    place.leave();
    expect([tried(receivers, 'a'), tried(receivers, 'a'), tried(receivers, 'a')].every((each) => 'leave' in each)).toBe(true);
  });

  test('that is slow now is taken for slow before its delivery ends', () => {
    const receivers = new Receivers(3);
    receivers.enter('a');
    pass(4999);
    expect(tried(receivers, 'a')).toHaveProperty('leave');
    pass(2);
    expect(tried(receivers, 'a')).toHaveProperty('waitMs');
  });

  test('that is slow shares two places with all others that are: quick ones have the rest', () => {
    const receivers = new Receivers(5);
    for (const name of ['a', 'b', 'c']) delivery(receivers, name, 6000);
    const [first] = [receivers.enter('a'), receivers.enter('b')];
    expect(tried(receivers, 'c')).toMatchObject({
      why: 'The receiver c was slow, and the places for slow ones are taken: this delivery waits for its turn.',
    });
    expect(tried(receivers, 'd')).toHaveProperty('leave');
    first.leave();
    expect(tried(receivers, 'c')).toHaveProperty('leave');
  });

  test('that asked to be left alone is left alone by all', () => {
    const receivers = new Receivers(5);
    receivers.enter('a').leave(30_000);
    expect(tried(receivers, 'a')).toMatchObject({ waitMs: 30_000, why: 'a asked to be left alone for 30 s.' });
    pass(29_000);
    expect(tried(receivers, 'a')).toHaveProperty('waitMs');
    expect(tried(receivers, 'b')).toHaveProperty('leave');
    pass(1001);
    expect(tried(receivers, 'a')).toHaveProperty('leave');
  });
});

describe('deliveries that give way', () => {
  test('are called back one after the other, as fast as the receiver is', () => {
    const receivers = new Receivers(1);
    for (let round = 0; round < 20; round += 1) delivery(receivers, 'a', 2000);
    receivers.enter('a');
    const waits = Array.from({ length: 4 }, () => tried(receivers, 'a')).map((each) => ('waitMs' in each ? Math.round(each.waitMs) : 0));
    expect(waits).toEqual([1000, 3000, 5000, 7000]);
  });

  test('wait ten minutes at most, however many there are', () => {
    const receivers = new Receivers(1);
    for (let round = 0; round < 20; round += 1) delivery(receivers, 'a', 15_000);
    receivers.enter('a');
    const waits = Array.from({ length: 500 }, () => tried(receivers, 'a')).map((each) => ('waitMs' in each ? each.waitMs : 0));
    expect(Math.max(...waits)).toBe(600_000);
  });

  test('are not kept in mind once the receiver has nothing to do', () => {
    const receivers = new Receivers(1);
    for (let round = 0; round < 20; round += 1) delivery(receivers, 'a', 4000);
    const place = receivers.enter('a');
    for (let waiting = 0; waiting < 100; waiting += 1) tried(receivers, 'a');
    pass(10);
    place.leave();
    receivers.enter('a');
    expect(tried(receivers, 'a')).toMatchObject({ waitMs: 1000 });
  });
});

test('of very many receivers the oldest are forgotten, those with deliveries under way never', () => {
  const receivers = new Receivers(1);
  receivers.enter('busy');
  receivers.enter('quiet').leave(600_000);
  for (let number = 0; number < 10_001; number += 1) receivers.enter(`r${number}`).leave();
  expect(tried(receivers, 'busy')).toHaveProperty('waitMs');
  expect(tried(receivers, 'quiet')).toHaveProperty('leave');
});
