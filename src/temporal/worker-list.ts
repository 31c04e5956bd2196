/** Owns which worker processes there are, as they last told the server. */
import { VERSION_PREFIX } from '../contract/messages.ts';
import type { WorkerReport } from '../contract/statistics/report.ts';
import type { Temporal } from './connection.ts';
import { instantMs, isoTime } from './protocol.ts';
import { RUNNING, SHUTTING_DOWN, type WorkerHeartbeat, workerHeartbeats } from './task-queue.ts';

/** Five of a worker's heartbeats. */
const SILENT_AFTER_MS = 10_000;

/** The worker processes of one queue, or of all; undefined where the server does not list them. */
export async function listWorkers(temporal: Temporal, queue: string | undefined): Promise<readonly WorkerReport[] | undefined> {
  const beats = await workerHeartbeats(temporal, queue, 'call');
  return beats === undefined ? undefined : processesOf(beats, Date.now());
}

/** The server lists one worker per queue of a process. Those that have ended are left out. */
export function processesOf(beats: readonly WorkerHeartbeat[], now: number): readonly WorkerReport[] {
  const known = beats.filter(({ status }) => [RUNNING, SHUTTING_DOWN].includes(String(status)));
  const identities = [...new Set(known.map(({ workerIdentity }) => workerIdentity ?? ''))];
  return identities.map((identity) => processOf(identity, newestByQueue(known.filter((beat) => beat.workerIdentity === identity)), now));
}

/** A process that was restarted under the same identity is listed twice for a while. */
function newestByQueue(beats: readonly WorkerHeartbeat[]): readonly WorkerHeartbeat[] {
  const sorted = beats.toSorted((one, other) => seenMs(one) - seenMs(other));
  return [...new Map(sorted.map((beat) => [beat.taskQueue ?? '', beat])).values()];
}

function processOf(identity: string, beats: readonly WorkerHeartbeat[], now: number): WorkerReport {
  const lastSeenMs = Math.max(...beats.map(seenMs));
  const version = beats.flatMap(({ plugins }) => plugins ?? []).find(({ name }) => name?.startsWith(VERSION_PREFIX))?.name;
  const isEnding = beats.every(({ status }) => String(status) === SHUTTING_DOWN);
  return {
    identity,
    host: beats[0]?.hostInfo?.hostName ?? '',
    ...(version == null ? {} : { version: version.slice(VERSION_PREFIX.length) }),
    startedAt: isoTime(Math.min(...beats.map(({ startTime }) => instantMs(startTime) ?? now))),
    lastSeenAt: isoTime(lastSeenMs),
    status: now - lastSeenMs > SILENT_AFTER_MS ? 'silent' : isEnding ? 'shutting-down' : 'running',
    queues: beats.map(({ taskQueue, activityTaskSlotsInfo: slots }) => ({
      queue: taskQueue ?? '',
      busy: slots?.currentUsedSlots ?? 0,
      free: slots?.currentAvailableSlots ?? 0,
    })),
  };
}

function seenMs({ heartbeatTime }: WorkerHeartbeat): number {
  return instantMs(heartbeatTime) ?? 0;
}
