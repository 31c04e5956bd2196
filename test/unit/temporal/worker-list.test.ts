import type { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { processesOf } from '../../../src/temporal/worker-list.ts';

type Beat = temporal.api.worker.v1.IWorkerHeartbeat;

const NOW = 1_800_000_000_000;

function instant(ms: number): { seconds: { toNumber(): number }; nanos: number } {
  return { seconds: { toNumber: () => Math.floor(ms / 1000) }, nanos: 0 };
}

/** What a worker last said, `agoMs` before now. The protocol's statuses: 1 runs, 2 shuts down, 3 has ended. */
function beat(more: object = {}, agoMs = 1000): Beat {
  const said: object = {
    workerIdentity: '7@host',
    hostInfo: { hostName: 'host' },
    taskQueue: 'mail',
    status: 1,
    startTime: instant(NOW - 60_000),
    heartbeatTime: instant(NOW - agoMs),
    plugins: [{ name: 'of-somebody-else' }, { name: 'holdfast 1.2.3' }],
    activityTaskSlotsInfo: { currentUsedSlots: 2, currentAvailableSlots: 3 },
    ...more,
  };
  return said;
}

describe('the list of workers', () => {
  it('tells of a process what it last said', () => {
    expect(processesOf([beat()], NOW)).toEqual([
      {
        identity: '7@host',
        host: 'host',
        version: '1.2.3',
        startedAt: new Date(NOW - 60_000).toISOString(),
        lastSeenAt: new Date(NOW - 1000).toISOString(),
        status: 'running',
        queues: [{ queue: 'mail', busy: 2, free: 3 }],
      },
    ]);
  });

  it('has one entry for all queues of a process, and the newest word on each', () => {
    const [process, ...others] = processesOf(
      [beat({}, 500), beat({ activityTaskSlotsInfo: { currentAvailableSlots: 5 } }, 9000), beat({ taskQueue: 'reports' }, 2000)],
      NOW,
    );
    expect(others).toEqual([]);
    expect(process?.queues).toEqual(
      expect.arrayContaining([
        { queue: 'mail', busy: 2, free: 3 },
        { queue: 'reports', busy: 2, free: 3 },
      ]),
    );
    expect(process?.queues).toHaveLength(2);
  });

  it.each([
    ['running', 1, 9000],
    ['shutting-down', 2, 1000],
    ['silent', 1, 11_000],
    ['silent', 2, 11_000],
  ])('shows as %s one of status %d that was heard of %d ms ago', (shown, status, agoMs) => {
    expect(processesOf([beat({ status }, agoMs)], NOW)).toMatchObject([{ status: shown }]);
  });

  it('leaves out what has ended, and the version of other programs', () => {
    expect(processesOf([beat({ status: 3 })], NOW)).toEqual([]);
    expect(processesOf([beat({ plugins: [] })], NOW)[0]).not.toHaveProperty('version');
  });
});
