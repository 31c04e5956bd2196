import { describe, expect, it } from 'vitest';
import { clockFinding, type Finding, queueFindings, retentionFinding, workerFinding } from '../../../src/cli/doctor/findings.ts';
import { nodeFinding, roomFinding } from '../../../src/cli/doctor/machine.ts';
import type { ServerFacts } from '../../../src/contract/server-facts.ts';
import type { JobStatistics, WorkerReport } from '../../../src/contract/statistics/report.ts';

const facts: ServerFacts = {
  holdfastVersion: '1.0.0',
  address: '127.0.0.1:7233',
  namespace: 'default',
  storesLargeValues: false,
  largestValueBytes: 1_900_000,
};

function worker(fields: Partial<WorkerReport> = {}): WorkerReport {
  const now = new Date(0).toISOString();
  return {
    identity: 'one',
    host: 'a',
    version: '1.0.0',
    startedAt: now,
    lastSeenAt: now,
    status: 'running',
    queues: [{ queue: 'mail', busy: 0, free: 5 }],
    ...fields,
  };
}

function statistics(waiting: number, oldestMs: number | null, workers: JobStatistics['workers'] = [worker()]): JobStatistics {
  const figure = (value: number | null) => ({ value, samples: 1, asOf: '', isEstimate: false });
  return { types: [], workers, queues: [{ queue: 'mail', waiting: figure(waiting), oldestWaitingMs: figure(oldestMs) }] };
}

const brief = ({ state, says }: Finding): string => `${state}: ${says}`;

describe('the doctor', () => {
  it.each([
    [undefined, 'good: the server does not tell its time'],
    [40, "good: agrees with the server's to 40 ms"],
    [-5000, "warning: the server's is 5 s behind this machine's: delays and run times are off by that"],
    [120_000, "wrong: the server's is 2 min ahead of this machine's: delays and run times are off by that"],
  ])('of a clock that is %s ms ahead says %s', (clockAheadMs, says) => {
    expect(brief(clockFinding({ ...facts, ...(clockAheadMs === undefined ? {} : { clockAheadMs }) }))).toBe(says);
  });

  it('warns of a retention under a day', () => {
    expect(retentionFinding({ ...facts, retentionMs: 7 * 86_400_000 })).toMatchObject({
      state: 'good',
      says: 'finished jobs are kept for 7 d',
    });
    expect(retentionFinding({ ...facts, retentionMs: 3_600_000 }).state).toBe('warning');
    expect(retentionFinding(facts).state).toBe('good');
  });

  it.each([
    ['nothing waits', statistics(0, null), 'good: nothing waits for long (1 looked at)'],
    ['some wait, and are served', statistics(3, 900), 'good: nothing waits for long (1 looked at)'],
    ['workers do not keep up', statistics(300, 90_000), 'warning: "mail": 300 wait, the oldest for 1 min 30 s; its workers do not keep up'],
    ['no worker serves the queue', statistics(1, 2000, []), 'wrong: "mail": 1 waits, the oldest for 2 s; no worker serves it'],
    [
      'its worker is silent',
      statistics(1, 2000, [worker({ status: 'silent' })]),
      'wrong: "mail": 1 waits, the oldest for 2 s; no worker serves it',
    ],
    ['the server lists no workers', statistics(1, 2000, 'unknown'), 'good: nothing waits for long (1 looked at)'],
  ])('when %s says so', (_when, given, says) => {
    expect(queueFindings(given).map(brief)).toEqual([says]);
  });

  it.each([
    ['unknown', 'warning: this server does not list workers'],
    [[], 'warning: no worker runs'],
    [[worker(), worker({ identity: 'two' })], 'good: 2 workers run, of version 1.0.0'],
    [[worker(), worker({ identity: 'two', version: '2.0.0' })], 'warning: 2 workers run, of several versions: 1.0.0, 2.0.0'],
    [[worker(), worker({ identity: 'two', status: 'silent' })], 'warning: 1 worker runs; not heard of for 10 s: two'],
  ] as const)('of workers %j says %s', (workers, says) => {
    expect(brief(workerFinding(statistics(0, null, workers)))).toBe(says);
  });

  it('knows too old a Node, and too full a disk', () => {
    expect(['18.20.0', '20.19.9', '20.20.0', '24.1.0'].map((version) => nodeFinding(version).state)).toEqual([
      'wrong',
      'wrong',
      'good',
      'good',
    ]);
    expect([50, 1, 0.1].map((gib) => roomFinding(gib * 1024 ** 3, 'here').state)).toEqual(['good', 'warning', 'wrong']);
  });
});
