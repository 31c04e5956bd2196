/** Owns one run of one contender: a fresh worker process with many running jobs that only heartbeat, and the CPU time they take. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { Client, Connection } from '@temporalio/client';
import type { Place } from '../contender.ts';
import { cpuMs } from '../process-usage.ts';
import { connectWaiting } from '../waiting/contenders.ts';
import { fill } from '../waiting/fill.ts';
import type { Variant } from '../waiting/variant.ts';
import { WorkerProcess } from '../waiting/worker-process.ts';

export interface HeartbeatPlan {
  readonly place: Place;
  readonly variant: Variant;
  /** Of the process that stores the heartbeats. */
  readonly serverPid: number;
  /** Running jobs. */
  readonly jobs: number;
  /** How long they are watched. */
  readonly seconds: number;
}

export interface HeartbeatRun {
  /** Heartbeats that reached the server, of one job in a second. */
  readonly beatsPerSecond: number;
  /** CPU time of one heartbeat in ms, beyond what the idle processes take. */
  readonly serverMs: number;
  readonly workerMs: number;
  /** What all running jobs together keep busy, in percent of a core. */
  readonly corePercent: number;
}

const SETTLE_MS = 3000;
const IDLE_SECONDS = 10;
const CALLS_AT_ONCE = 20;

/** The figures of one run. */
export async function heartbeatOnce(plan: HeartbeatPlan): Promise<HeartbeatRun> {
  const worker = await WorkerProcess.start({ place: plan.place, variant: plan.variant, concurrency: plan.jobs });
  const client = await connectWaiting(plan);
  const jobs = await JobsAtServer.connect(plan.place);
  try {
    await sleep(SETTLE_MS);
    const pids = { server: plan.serverPid, worker: worker.pid };
    const idle = await usageIn(IDLE_SECONDS, pids);
    const ids = (await fill({ client, worker }, 'waiting', plan.jobs)).map(({ id }) => id);
    await sleep(SETTLE_MS);

    const countedAt = performance.now();
    const before = await jobs.countTransitions(ids);
    const usage = await usageIn(plan.seconds, pids);
    const counted = await jobs.countTransitions(ids);
    const beatsPerSecond = ((counted - before) * 1000) / (performance.now() - countedAt);
    await jobs.terminate(ids);

    const beats = beatsPerSecond * plan.seconds;
    const serverMs = usage.server - (idle.server * plan.seconds) / IDLE_SECONDS;
    const workerMs = usage.worker - (idle.worker * plan.seconds) / IDLE_SECONDS;
    return {
      beatsPerSecond: beatsPerSecond / plan.jobs,
      serverMs: serverMs / beats,
      workerMs: workerMs / beats,
      corePercent: (serverMs + workerMs) / (plan.seconds * 10),
    };
  } finally {
    await worker.kill();
    await Promise.all([client.close(), jobs.close()]);
  }
}

/** Of the server and the worker: pids, or ms of CPU time. */
interface PerProcess {
  readonly server: number;
  readonly worker: number;
}

async function usageIn(seconds: number, pids: PerProcess): Promise<PerProcess> {
  const before = { server: cpuMs(pids.server), worker: cpuMs(pids.worker) };
  await sleep(seconds * 1000);
  return { server: cpuMs(pids.server) - before.server, worker: cpuMs(pids.worker) - before.worker };
}

/** What the server knows of jobs, of raw Temporal and of Holdfast alike: a job of either is one workflow. */
class JobsAtServer {
  readonly #connection: Connection;
  readonly #client: Client;

  private constructor(connection: Connection) {
    this.#connection = connection;
    this.#client = new Client({ connection });
  }

  static async connect({ port }: Place): Promise<JobsAtServer> {
    return new JobsAtServer(await Connection.connect({ address: `127.0.0.1:${port}` }));
  }

  /** Changes of all jobs so far. Of a job that only runs each heartbeat is one, and nothing else is. */
  async countTransitions(ids: readonly string[]): Promise<number> {
    const counts = await this.#each(ids, async (id) => {
      const { raw } = await this.#client.workflow.getHandle(id).describe();
      return Number(raw.workflowExecutionInfo?.stateTransitionCount);
    });
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async terminate(ids: readonly string[]): Promise<void> {
    await this.#each(ids, (id) => this.#client.workflow.getHandle(id).terminate());
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #each<T>(ids: readonly string[], call: (id: string) => Promise<T>): Promise<T[]> {
    const limit = pLimit(CALLS_AT_ONCE);
    return Promise.all(ids.map((id) => limit(() => call(id))));
  }
}
