import { expect, test } from 'vitest';
import { liveWorkers, type Poller, type WorkerBeat } from '../../../src/temporal/live-workers.ts';

const NOW = 1_000_000;
const polled = (agoMs: number): Poller => ({ identity: 'a', lastPollMs: NOW - agoMs });
const beat = (agoMs: number, facts: Partial<WorkerBeat> = {}): WorkerBeat => {
  return { identity: 'a', isRunning: true, beatMs: NOW - agoMs, intervalMs: 2000, ...facts };
};

test.each([
  { what: 'never there', pollers: [], beats: [], isAlive: false },
  { what: 'polls', pollers: [polled(50_000)], beats: [], isAlive: true },
  { what: 'has not polled for longer than a poll takes, and says nothing', pollers: [polled(80_000)], beats: [], isAlive: false },
  { what: 'is busy for an hour, and says so', pollers: [], beats: [beat(1500)], isAlive: true },
  { what: 'was killed: its last poll is young, its heartbeats are silent', pollers: [polled(10_000)], beats: [beat(6000)], isAlive: false },
  { what: 'misses a heartbeat', pollers: [polled(10_000)], beats: [beat(4500)], isAlive: true },
  { what: 'was shut down', pollers: [polled(3000)], beats: [beat(1000, { isRunning: false })], isAlive: false },
  {
    what: 'was shut down and started anew under the same name',
    pollers: [polled(500)],
    beats: [beat(9000, { isRunning: false })],
    isAlive: true,
  },
  { what: 'has slow heartbeats, as by default', pollers: [polled(40_000)], beats: [beat(90_000, { intervalMs: 60_000 })], isAlive: true },
  { what: 'has said one thing so far', pollers: [polled(30_000)], beats: [beat(30_000, { intervalMs: undefined })], isAlive: true },
])('a worker that $what', ({ pollers, beats, isAlive }) => {
  const { alive, lastSeenMs } = liveWorkers(pollers, beats, NOW);
  expect(alive).toEqual(isAlive ? ['a'] : []);
  expect(lastSeenMs !== undefined).toBe(pollers.length + beats.length > 0);
});
