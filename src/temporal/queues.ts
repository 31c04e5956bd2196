/**
 * Owns what is known of a queue: who serves it, how much waits there, how fast it goes. One answer for all askers of a client,
 * at most 1 s old, and one call under way. Which sentence follows from it is decided in `waiting.ts`.
 */
import { JobError } from '../contract/errors.ts';
import { NORMAL_KEY } from '../contract/priority.ts';
import type { Temporal } from './connection.ts';
import type { JobInfo } from './describe.ts';
import { liveWorkers, type LiveWorkers, type Poller, type WorkerBeat } from './live-workers.ts';
import { instantMs } from './protocol.ts';
import { SharedReads } from './shared-reads.ts';
import { describeQueue, type QueueAnswer, type QueueAnswers, RUNNING, type WorkerHeartbeat, workerHeartbeats } from './task-queue.ts';
import { countStarted } from './visibility.ts';

/** A queue at one moment. */
export interface QueueState {
  readonly queue: string;
  /** Identities of the workers that serve it. */
  readonly workers: readonly string[];
  /** When a worker was last seen there, ms since 1970. */
  readonly lastSeenMs: number | undefined;
  /** Priority key (1 first, 3 normal) → how many wait with it. */
  readonly waiting: ReadonlyMap<number, number>;
  /** Handlers that the server hands out in a second, over the last half minute. */
  readonly perSecond: number;
  readonly readAtMs: number;
}

const MAX_AGE_MS = 1000;
/** However many jobs are asked for: at most 20 counts a second. */
const POSITION_MAX_AGE_MS = 2000;
const MS_PER_POSITION = 50;

export class QueueStates {
  readonly #temporal: Temporal;
  readonly #states = new SharedReads<QueueState | undefined>(() => MAX_AGE_MS);
  readonly #counts = new SharedReads<number>((keys) => Math.max(POSITION_MAX_AGE_MS, keys * MS_PER_POSITION));

  constructor(temporal: Temporal) {
    this.#temporal = temporal;
  }

  /** The queue as it was at most 1 s ago; undefined where the server does not tell (the test server; missing permission). */
  async read(queue: string): Promise<QueueState | undefined> {
    return await this.#states.read(queue, () => this.#readState(queue));
  }

  /**
   * About how many handler calls come before that of a waiting job: those of a higher priority, and of its own priority about as many
   * as were due earlier and are not in the hands of a worker. Undefined where it cannot be told.
   */
  async ahead(job: Pick<JobInfo, 'id' | 'dueMs' | 'priorityKey'>, state: QueueState): Promise<number | undefined> {
    const all = sumOf(state.waiting);
    if (all <= 1) return 0;
    const [started, earlier] = await Promise.all([
      this.#counts.read(`queue ${state.queue}`, () => countStarted(this.#temporal, { queue: state.queue })),
      this.#counts.read(`job ${job.id}`, () => countStarted(this.#temporal, { queue: state.queue, dueBefore: job.dueMs })),
    ]);
    return aheadOf(job.priorityKey ?? NORMAL_KEY, state.waiting, { earlier, inHands: Math.max(0, started - all) });
  }

  async #readState(queue: string): Promise<QueueState | undefined> {
    try {
      const [answers, beats] = await Promise.all([
        describeQueue(this.#temporal, queue, 'read'),
        workerHeartbeats(this.#temporal, queue, 'read'),
      ]);
      return stateOf(queue, { ...answers, beats: beats ?? [] }, Date.now());
    } catch (error) {
      // Why a job waits is worth nothing if the job cannot be read for it.
      if (error instanceof JobError && error.code !== 'unavailable') return undefined;
      throw error;
    }
  }
}

/** The place of a job in the order: `waiting` by priority key, `earlier` how many were due before it, `inHands` of them with a worker. */
export function aheadOf(
  key: number,
  waiting: ReadonlyMap<number, number>,
  { earlier, inHands }: { earlier: number; inHands: number },
): number {
  const all = sumOf(waiting);
  const same = waiting.get(key) ?? 0;
  const higher = [...waiting].reduce((sum, [other, count]) => sum + (other < key ? count : 0), 0);
  const earlierOfSame = all === 0 ? 0 : (Math.max(0, earlier - inHands) * same) / all;
  return Math.round(higher + Math.min(Math.max(0, same - 1), earlierOfSame));
}

interface QueueFacts extends QueueAnswers {
  readonly beats: readonly WorkerHeartbeat[];
}

function stateOf(queue: string, answers: QueueFacts, now: number): QueueState {
  const { alive, lastSeenMs } = workersOf(answers, now);
  return {
    queue,
    workers: alive,
    lastSeenMs,
    waiting: waitingOf([answers.workflows, answers.handlers]),
    perSecond: answers.handlers.stats?.tasksDispatchRate ?? 0,
    readAtMs: now,
  };
}

function workersOf({ workflows, handlers, beats }: QueueFacts, now: number): LiveWorkers {
  const pollers = [...(workflows.pollers ?? []), ...(handlers.pollers ?? [])].map((poller): Poller => {
    return { identity: poller.identity ?? '', lastPollMs: instantMs(poller.lastAccessTime) ?? 0 };
  });
  return liveWorkers(pollers, beats.map(beatOf), now);
}

function beatOf(beat: WorkerHeartbeat): WorkerBeat {
  const beatMs = instantMs(beat.heartbeatTime) ?? 0;
  const startMs = instantMs(beat.startTime);
  // The first comes one interval after the start.
  const firstMs = startMs === undefined ? undefined : beatMs - startMs;
  return {
    identity: beat.workerIdentity ?? '',
    isRunning: String(beat.status) === RUNNING,
    beatMs,
    intervalMs: instantMs(beat.elapsedSinceLastHeartbeat) ?? firstMs,
  };
}

function waitingOf(answers: readonly QueueAnswer[]): ReadonlyMap<number, number> {
  const waiting = new Map<number, number>();
  for (const { stats, statsByPriorityKey } of answers) {
    const byKey = Object.entries(statsByPriorityKey ?? {});
    // A server without priorities tells the sum only.
    const parts = byKey.length > 0 ? byKey : [[String(NORMAL_KEY), stats] as const];
    for (const [key, part] of parts) {
      const count = Number(String(part?.approximateBacklogCount ?? 0));
      waiting.set(Number(key), (waiting.get(Number(key)) ?? 0) + count);
    }
  }
  return waiting;
}

function sumOf(waiting: ReadonlyMap<number, number>): number {
  return [...waiting.values()].reduce((sum, count) => sum + count, 0);
}
