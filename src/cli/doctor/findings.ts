/** Owns what the doctor makes of what the servers say. Pure. */
import { formatMs } from '../../contract/duration.ts';
import { messageOf } from '../../contract/errors.ts';
import { CLOCK_OFF_MS, type ServerFacts } from '../../contract/server-facts.ts';
import { workersServing } from '../../contract/statistics/overview.ts';
import type { JobStatistics } from '../../contract/statistics/report.ts';

/** One thing that was looked at. */
export interface Finding {
  /** In a word: `server`, `clock`, `disk`. */
  readonly about: string;
  /** `wrong`: jobs are late or lost until it is mended. `warning`: they may be. */
  readonly state: 'good' | 'warning' | 'wrong';
  readonly says: string;
  /** What to do. */
  readonly mend?: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CLOCK_WRONG_MS = 60_000;
/** A job starts within 5 s when there is room for it. */
const LONG_WAIT_MS = 60_000;

export function failedServer(error: unknown): Finding {
  return { about: 'server', state: 'wrong', says: messageOf(error) };
}

export function versionFinding({ address, namespace, temporalVersion, holdfastVersion }: ServerFacts): Finding {
  const version = temporalVersion === undefined ? 'of an unknown version' : temporalVersion;
  return { about: 'server', state: 'good', says: `Temporal ${version} at ${address}, namespace ${namespace}; Holdfast ${holdfastVersion}` };
}

export function clockFinding({ clockAheadMs }: ServerFacts): Finding {
  if (clockAheadMs === undefined) return { about: 'clock', state: 'good', says: 'the server does not tell its time' };
  const off = Math.abs(clockAheadMs);
  if (off < CLOCK_OFF_MS) return { about: 'clock', state: 'good', says: `agrees with the server's to ${formatMs(Math.max(off, 1))}` };
  return {
    about: 'clock',
    state: off < CLOCK_WRONG_MS ? 'warning' : 'wrong',
    says: `the server's is ${formatMs(off)} ${clockAheadMs > 0 ? 'ahead of' : 'behind'} this machine's: delays and run times are off by that`,
    mend: 'Set both by the same time service (NTP).',
  };
}

export function retentionFinding({ retentionMs }: ServerFacts): Finding {
  if (retentionMs === undefined) return { about: 'retention', state: 'good', says: 'finished jobs are kept until they are deleted' };
  const says = `finished jobs are kept for ${formatMs(retentionMs)}`;
  if (retentionMs >= DAY_MS) return { about: 'retention', state: 'good', says };
  return {
    about: 'retention',
    state: 'warning',
    says: `${says}; a failed one is gone before anybody can look`,
    mend: 'Raise it: temporal operator namespace update --retention 7d -n <namespace>',
  };
}

export function workerFinding({ workers }: JobStatistics): Finding {
  if (workers === 'unknown')
    return { about: 'workers', state: 'warning', says: 'this server does not list workers', mend: 'Temporal 1.30 and later do.' };
  const running = workers.filter(({ status }) => status === 'running');
  const silent = workers.filter(({ status }) => status === 'silent');
  const versions = [...new Set(running.flatMap(({ version }) => version ?? []))];
  if (running.length === 0)
    return { about: 'workers', state: 'warning', says: 'no worker runs', mend: 'Start one: holdfast worker --jobs <module>' };
  const count = `${running.length} ${running.length === 1 ? 'worker runs' : 'workers run'}`;
  if (silent.length > 0)
    return {
      about: 'workers',
      state: 'warning',
      says: `${count}; not heard of for 10 s: ${silent.map(({ identity }) => identity).join(', ')}`,
      mend: 'Look whether they run and can reach Temporal. What they held is started elsewhere.',
    };
  if (versions.length > 1)
    return { about: 'workers', state: 'warning', says: `${count}, of several versions: ${versions.toSorted().join(', ')}` };
  return { about: 'workers', state: 'good', says: versions[0] === undefined ? count : `${count}, of version ${versions[0]}` };
}

/** What waits in vain, or for long; one good finding when nothing does. */
export function queueFindings(statistics: JobStatistics): readonly Finding[] {
  const { queues } = statistics;
  const found = queues.flatMap(({ queue, waiting, oldestWaitingMs }) => {
    const count = waiting.value ?? 0;
    if (count === 0) return [];
    const oldest = oldestWaitingMs.value === null ? '' : `, the oldest for ${formatMs(oldestWaitingMs.value)}`;
    const waits = `"${queue}": ${count} ${count === 1 ? 'waits' : 'wait'}${oldest}`;
    if (workersServing(queue, statistics).length === 0) return [unserved(queue, waits)];
    return (oldestWaitingMs.value ?? 0) > LONG_WAIT_MS ? [slow(waits)] : [];
  });
  return found.length > 0 ? found : [{ about: 'queues', state: 'good', says: `nothing waits for long (${queues.length} looked at)` }];
}

function unserved(queue: string, waits: string): Finding {
  return {
    about: 'queue',
    state: 'wrong',
    says: `${waits}; no worker serves it`,
    mend: `Start one: holdfast worker --jobs <module> --queue ${queue}`,
  };
}

function slow(waits: string): Finding {
  return {
    about: 'queue',
    state: 'warning',
    says: `${waits}; its workers do not keep up`,
    mend: 'Start more workers, or raise their concurrency.',
  };
}
