/** Owns one run of one contender: fresh worker and client processes, a batch to warm up, and one that is measured. */
import { Child } from '../child-process.ts';
import { type ContenderName, TITLES } from '../contender.ts';
import { type PerProcess, perProcess } from '../per-process.ts';
import { cpuMs, residentMiB } from '../process-usage.ts';
import type { BatchPlace, Request, Role } from './contender.ts';

export interface BatchRun {
  readonly addedPerSecond: number;
  /** From the first add to the end of the last item. */
  readonly completedPerSecond: number;
  readonly cpuMicrosPerItem: PerProcess;
  readonly residentMiB: PerProcess;
  readonly right: number;
}

export interface BatchRunPlan {
  readonly name: ContenderName;
  readonly place: BatchPlace;
  readonly serverPid: number;
  readonly warmUp: number;
  readonly items: number;
}

export async function batchOnce({ name, place, serverPid, warmUp, items }: BatchRunPlan): Promise<BatchRun> {
  const start = (role: Role): Promise<Child<Request>> =>
    Child.start<Request>({
      script: new URL('child.js', import.meta.url),
      args: [role, name, JSON.stringify(place)],
      title: `${role} process of ${TITLES[name]}`,
    });
  const children: Child<Request>[] = [];
  try {
    const worker = await start('worker');
    children.push(worker);
    const client = await start('client');
    children.push(client);
    await client.ask({ kind: 'batch', items: warmUp });
    const pids = { server: serverPid, worker: worker.pid, client: client.pid };
    const before = perProcess((process) => cpuMs(pids[process]));
    const [addedMs = Number.NaN, completedMs = Number.NaN, right = Number.NaN] = await client.ask({ kind: 'batch', items });
    return {
      addedPerSecond: items / (addedMs / 1000),
      completedPerSecond: items / (completedMs / 1000),
      // With the reading back.
      cpuMicrosPerItem: perProcess((process) => ((cpuMs(pids[process]) - before[process]) * 1000) / items),
      residentMiB: perProcess((process) => residentMiB(pids[process])),
      right,
    };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}
