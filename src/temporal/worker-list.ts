/** Owns which worker processes there are, as they last told the server. */
import type { temporal } from '@temporalio/proto';
import { VERSION_PREFIX } from '../contract/messages.ts';
import type { WorkerReport } from '../contract/statistics/report.ts';
import { asJobError } from '../contract/errors.ts';
import type { Temporal } from './connection.ts';
import { grpcCodeOf } from './errors.ts';
import { instantMs, isoTime } from './protocol.ts';
import { quoted } from './visibility.ts';

type Beat = temporal.api.worker.v1.IWorkerHeartbeat;

const MOST_WORKERS = 500;
const UNIMPLEMENTED = 12;
/** The protocol's WorkerStatus. */
const RUNNING = '1';
const SHUTTING_DOWN = '2';
/** Five of a worker's heartbeats. */
const SILENT_AFTER_MS = 10_000;

/** The worker processes of one queue, or of all; undefined where the server does not list them. */
export async function listWorkers(temporal: Temporal, queue: string | undefined): Promise<readonly WorkerReport[] | undefined> {
  const { client, namespace } = temporal;
  try {
    const query = queue === undefined ? '' : `TaskQueue = ${quoted(queue)}`;
    const answer = await temporal.call('list workers', () =>
      client.workflowService.listWorkers({ namespace, pageSize: MOST_WORKERS, query }),
    );
    const beats = (answer.workersInfo ?? []).flatMap(({ workerHeartbeat }) => workerHeartbeat ?? []);
    return processesOf(beats, Date.now());
  } catch (error) {
    if (grpcCodeOf(asJobError(error)?.cause ?? error) === UNIMPLEMENTED) return undefined;
    throw error;
  }
}

/** The server lists one worker per queue of a process. Those that have ended are left out. */
export function processesOf(beats: readonly Beat[], now: number): readonly WorkerReport[] {
  const known = beats.filter(({ status }) => [RUNNING, SHUTTING_DOWN].includes(String(status)));
  const identities = [...new Set(known.map(({ workerIdentity }) => workerIdentity ?? ''))];
  return identities.map((identity) => processOf(identity, newestByQueue(known.filter((beat) => beat.workerIdentity === identity)), now));
}

/** A process that was restarted under the same identity is listed twice for a while. */
function newestByQueue(beats: readonly Beat[]): readonly Beat[] {
  const sorted = beats.toSorted((one, other) => seenMs(one) - seenMs(other));
  return [...new Map(sorted.map((beat) => [beat.taskQueue ?? '', beat])).values()];
}

function processOf(identity: string, beats: readonly Beat[], now: number): WorkerReport {
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

function seenMs({ heartbeatTime }: Beat): number {
  return instantMs(heartbeatTime) ?? 0;
}
