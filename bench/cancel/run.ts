/**
 * Owns one run of one contender: a fresh worker process with many running jobs, which are cancelled from this process, first one
 * after the other and then, with as many new ones, all at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { now, type Place } from '../contender.ts';
import { percentile } from '../statistics.ts';
import { connectWaiting } from '../waiting/contenders.ts';
import { fill, type RunningJob } from '../waiting/fill.ts';
import type { Variant } from '../waiting/variant.ts';
import type { WaitingClient } from '../waiting/contender.ts';
import { WorkerProcess } from '../waiting/worker-process.ts';

export interface CancelPlan {
  readonly place: Place;
  readonly variant: Variant;
  /** Running jobs. */
  readonly jobs: number;
}

/** Milliseconds from the call that asks for it. */
export interface CancelTimes {
  /** To the answer that the server has it. */
  readonly answeredP50: number;
  /** To the signal of the handler. */
  readonly toldP50: number;
  readonly toldP95: number;
  readonly toldLast: number;
}

export interface CancelRun {
  readonly oneByOne: CancelTimes;
  readonly atOnce: CancelTimes;
}

/** From one cancel to the next. Slower than each needs, so that none waits for another. */
export const APART_MS = 250;
/** The starts are over, and the heartbeats have found their rhythm. */
const SETTLE_MS = 6000;

/** The figures of one run. */
export async function cancelOnce({ place, variant, jobs }: CancelPlan): Promise<CancelRun> {
  const worker = await WorkerProcess.start({ place, variant, concurrency: jobs });
  const client = await connectWaiting({ place, variant });
  try {
    const oneByOne = await cancelAll({ worker, client }, { name: 'one-by-one', jobs, apartMs: APART_MS });
    const atOnce = await cancelAll({ worker, client }, { name: 'at-once', jobs, apartMs: 0 });
    return { oneByOne, atOnce };
  } finally {
    await worker.kill();
    await client.close();
  }
}

interface Processes {
  readonly worker: WorkerProcess;
  readonly client: WaitingClient;
}

interface Phase {
  readonly name: string;
  readonly jobs: number;
  readonly apartMs: number;
}

async function cancelAll(processes: Processes, { name, jobs, apartMs }: Phase): Promise<CancelTimes> {
  const running = await fill(processes, name, jobs);
  await sleep(SETTLE_MS);
  const startedAt = now();
  const cancels = running.map(async (job, index) => {
    if (apartMs > 0) await sleep(startedAt + index * apartMs - now());
    return await cancelOne(processes, job);
  });
  const times = await Promise.all(cancels);
  const told = times.map((time) => time.toldMs);
  return {
    answeredP50: percentile(
      times.map((time) => time.answeredMs),
      50,
    ),
    toldP50: percentile(told, 50),
    toldP95: percentile(told, 95),
    toldLast: Math.max(...told),
  };
}

async function cancelOne({ worker, client }: Processes, { job, id }: RunningJob): Promise<{ answeredMs: number; toldMs: number }> {
  const told = worker.time('told', job);
  const askedAt = now();
  const answered = client.cancel(id).then(() => now());
  const [answeredAt, toldAt] = await Promise.all([answered, told]);
  return { answeredMs: answeredAt - askedAt, toldMs: toldAt - askedAt };
}
