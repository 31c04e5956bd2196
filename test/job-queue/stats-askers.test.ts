/** Those who ask for the stats of a queue at the same time share the calls of one. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as visibility from '../../src/temporal/visibility.ts';
import { openQueue } from './queues.ts';

vi.mock('../../src/temporal/visibility.ts', async (importOriginal) => {
  const real = await importOriginal<typeof visibility>();
  return {
    ...real,
    countJobs: vi.fn<typeof real.countJobs>(real.countJobs),
    countDelayed: vi.fn<typeof real.countDelayed>(real.countDelayed),
    listJobs: vi.fn<typeof real.listJobs>(real.listJobs),
  };
});

const spies = [visibility.countJobs, visibility.countDelayed, visibility.listJobs].map((read) => vi.mocked(read));

function calls(): number {
  return spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}

describe('getStats', () => {
  beforeEach(() => {
    for (const spy of spies) spy.mockClear();
  });

  test('makes for ten askers the calls of one', async () => {
    const queue = await openQueue();
    await queue.addJob('counted', {});
    await queue.getStats();
    for (const spy of spies) spy.mockClear();
    await queue.getStats();
    const callsOfOne = calls();
    const answers = await Promise.all(Array.from({ length: 10 }, () => queue.getStats()));
    expect(calls()).toBe(2 * callsOfOne);
    expect(answers).toEqual(Array.from({ length: 10 }, () => ({ ...answers[0], waiting: 1 })));
  });

  test('counts again for who has added a job meanwhile', async () => {
    const queue = await openQueue();
    await queue.addJob('counted', {});
    const before = queue.getStats();
    await queue.addJob('counted', {});
    expect((await queue.getStats()).waiting).toBe(2);
    expect((await before).waiting).toBeGreaterThanOrEqual(1);
  });
});
