/** Owns one kill: a worker process is ended by SIGKILL while its job runs, another one is up, and the next attempt is waited for. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../contender.ts';
import { connectWaiting } from '../waiting/contenders.ts';
import type { Variant } from '../waiting/variant.ts';
import { WorkerProcess } from '../waiting/worker-process.ts';

export interface KillPlan {
  /** Of the server. */
  readonly port: number;
  readonly variant: Variant;
  /** From the start of the handler. */
  readonly killAfterMs: number;
}

const JOB = 'killed';

/** Seconds from the kill to the start of the next attempt. */
export async function recoverOnce({ port, variant, killAfterMs }: KillPlan): Promise<number> {
  const settings = { place: { port, queue: `bench-${randomUUID()}` }, variant, concurrency: 5 };
  const client = await connectWaiting(settings);
  const doomed = await WorkerProcess.start(settings);
  await client.add({ job: JOB });
  const startedAt = await doomed.time('started', JOB);
  const other = await WorkerProcess.start(settings);
  try {
    await sleep(startedAt + killAfterMs - now());
    const killedAt = now();
    await doomed.kill();
    return ((await other.time('started', JOB)) - killedAt) / 1000;
  } finally {
    await other.kill();
    await client.close();
  }
}
