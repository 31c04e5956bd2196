/**
 * Owns one run of one contender: fresh worker and client processes, warm-up, jobs one by one, jobs under load.
 * CPU time is read over the load only, from before its first add to after its last job has completed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child-process.ts';
import { type ContenderName, type Place, TITLES } from '../contender.ts';
import { type PerProcess, perProcess } from '../per-process.ts';
import { cpuMs, residentMiB } from '../process-usage.ts';
import { percentile } from '../statistics.ts';
import type { Observer } from './contender.ts';
import { loadContender } from './contenders.ts';
import type { Request, Role } from './requests.ts';

export interface RunPlan {
  readonly name: ContenderName;
  readonly place: Place;
  /** Of the process that stores the jobs. */
  readonly serverPid: number;
  /** Jobs before anything is measured. */
  readonly warmUp: number;
  /** Jobs one by one. */
  readonly single: number;
  /** Jobs under load, and how many add them. */
  readonly jobs: number;
  readonly adders: number;
  /** The jobs of the load are read back one by one. @default false */
  readonly readsBack?: boolean;
}

export interface Run {
  readonly name: ContenderName;
  readonly cpuMsPerJob: PerProcess;
  readonly residentMiB: PerProcess;
  readonly addedPerSecond: number;
  readonly completedPerSecond: number;
  /** Milliseconds from add to the start of the handler. */
  readonly singleP50: number;
  readonly singleP95: number;
  readonly loadP50: number;
  readonly loadP95: number;
  /** Of the jobs that were read back those that completed as they should have. */
  readonly right?: number;
}

export const ADDERS = 50;
/** The server is busy with the start of the processes for a moment. */
const SETTLE_MS = 500;
const POLL_MS = 20;
const COMPLETES_WITHIN_MS = 60_000;

interface Processes {
  readonly worker: Child<Request>;
  readonly client: Child<Request>;
  readonly observer: Observer;
}

/** The figures of one run. */
export async function runOnce(plan: RunPlan): Promise<Run> {
  const contender = await loadContender(plan.name);
  const observer = await contender.observe(plan.place);
  const children: Child<Request>[] = [];
  try {
    const worker = await startChild('worker', plan);
    children.push(worker);
    const client = await startChild('client', plan);
    children.push(client);
    return await measure(plan, { worker, client, observer });
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await observer.close();
  }
}

function startChild(role: Role, { name, place }: RunPlan): Promise<Child<Request>> {
  return Child.start<Request>({
    script: new URL('child.js', import.meta.url),
    args: [role, name, JSON.stringify(place)],
    title: `${role} process of ${TITLES[name]}`,
  });
}

async function measure(plan: RunPlan, processes: Processes): Promise<Run> {
  const { single, warmUp, jobs, serverPid } = plan;
  await addSingly(processes, Math.ceil(single / 2));
  const singly = await addSingly(processes, single);
  await addUnderLoad(processes, warmUp, plan.adders);
  await waitForCompleted(processes.observer, Math.ceil(single / 2) + single + warmUp);
  await sleep(SETTLE_MS);

  const pids = { server: serverPid, worker: processes.worker.pid, client: processes.client.pid };
  const before = perProcess((process) => cpuMs(pids[process]));
  const startedAt = performance.now();
  const load = await addUnderLoad(processes, jobs, plan.adders);
  await waitForCompleted(processes.observer, Math.ceil(single / 2) + single + warmUp + jobs);
  const seconds = (performance.now() - startedAt) / 1000;
  const used = perProcess((process) => (cpuMs(pids[process]) - before[process]) / jobs);
  const resident = perProcess((process) => residentMiB(pids[process]));
  const [right] = plan.readsBack === true ? await processes.client.ask({ kind: 'read-back' }) : [];
  return {
    name: plan.name,
    cpuMsPerJob: used,
    residentMiB: resident,
    ...(right === undefined ? {} : { right }),
    addedPerSecond: jobs / (load.addingMs / 1000),
    completedPerSecond: jobs / seconds,
    singleP50: percentile(singly, 50),
    singleP95: percentile(singly, 95),
    loadP50: percentile(load.latencies, 50),
    loadP95: percentile(load.latencies, 95),
  };
}

/** Adds jobs one by one; gives the milliseconds from add to start of each. */
async function addSingly({ worker, client }: Processes, jobs: number): Promise<readonly number[]> {
  await worker.ask({ kind: 'expect', jobs });
  await client.ask({ kind: 'one-by-one', jobs });
  return await worker.ask({ kind: 'starts' });
}

/** Adds jobs with all adders and waits until their handlers have started. */
async function addUnderLoad(
  { worker, client }: Processes,
  jobs: number,
  adders: number,
): Promise<{ addingMs: number; latencies: readonly number[] }> {
  await worker.ask({ kind: 'expect', jobs });
  const starts = worker.ask({ kind: 'starts' });
  const [addingMs = Number.NaN] = await client.ask({ kind: 'load', jobs, adders });
  return { addingMs, latencies: await starts };
}

async function waitForCompleted(observer: Observer, jobs: number): Promise<void> {
  const giveUpAt = Date.now() + COMPLETES_WITHIN_MS;
  for (;;) {
    const completed = await observer.countCompleted();
    if (completed >= jobs) return;
    if (Date.now() > giveUpAt) throw new Error(`${completed} of ${jobs} jobs have completed, and no more.`);
    await sleep(POLL_MS);
  }
}
