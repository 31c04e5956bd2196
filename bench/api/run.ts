/** Owns the measures of this part: adds through the client and over HTTP, and the memory of viewers who only look on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobClient } from 'holdfast/client';
import { JobError } from 'holdfast/contract';
import type { RemoteJobs } from 'holdfast/remote-client';
import type { Child } from '../child-process.ts';
import { percentile } from '../statistics.ts';
import type { EmptyJob } from './empty-job.ts';
import type { Memory, Started } from './requests.ts';

/** One way to add, tried once. */
export interface AddRun {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly accepted: number;
  /** Refused with 429 or 503. */
  readonly refused: number;
  readonly completed: number;
}

export const WAYS = ['client', 'http'] as const;
export type Way = (typeof WAYS)[number];

export interface AddPlan {
  readonly jobs: number;
  /** Adds under way at the same time. */
  readonly adders: number;
  readonly contract: EmptyJob;
}

const COMPLETE_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 250;
const REFUSALS = new Set(['overloaded', 'unavailable', 'too-many-requests']);

/** Adds all of them and waits until those that were accepted have completed. */
export async function addAll(
  jobs: RemoteJobs | JobClient,
  watcher: JobClient,
  { jobs: count, adders, contract }: AddPlan,
): Promise<AddRun> {
  const before = (await watcher.count({ queue: contract.queue })).completed;
  const taken: number[] = [];
  let left = count;
  let refused = 0;
  const adder = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const startedAt = performance.now();
      try {
        await jobs.add(contract, { addedAt: Date.now() });
        taken.push(performance.now() - startedAt);
      } catch (error) {
        if (!(error instanceof JobError) || !REFUSALS.has(error.code)) throw error;
        refused += 1;
      }
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: adders }, adder));
  const seconds = (performance.now() - startedAt) / 1000;
  const completed = await completedOf(watcher, contract.queue, { before, expected: taken.length });
  return {
    perSecond: taken.length / seconds,
    p50: percentile(taken, 50),
    p99: percentile(taken, 99),
    accepted: taken.length,
    refused,
    completed,
  };
}

async function completedOf(watcher: JobClient, queue: string, { before, expected }: { before: number; expected: number }): Promise<number> {
  const giveUpAt = Date.now() + COMPLETE_WITHIN_MS;
  for (;;) {
    const completed = (await watcher.count({ queue })).completed - before;
    if (completed >= expected || Date.now() > giveUpAt) return completed;
    await sleep(LOOK_EVERY_MS);
  }
}

export interface ViewerRun {
  readonly viewers: number;
  readonly beforeMiB: number;
  readonly withThemMiB: number;
  readonly afterMiB: number;
}

const SETTLES_MS = 20_000;
const OPENED_AT_ONCE = 50;

/** Opens so many streams of all jobs' events, waits, and closes them. */
export async function lookOn({ url, key }: Started, child: Child<Memory>, viewers: number): Promise<ViewerRun> {
  const memory = async (): Promise<number> => (await child.ask({ kind: 'memory' }))[0] ?? Number.NaN;
  const beforeMiB = await memory();
  const gone = new AbortController();
  for (let opened = 0; opened < viewers; opened += OPENED_AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(OPENED_AT_ONCE, viewers - opened) }, () => openStream(url, key, gone.signal)));
  await sleep(SETTLES_MS);
  const withThemMiB = await memory();
  gone.abort();
  await sleep(SETTLES_MS / 4);
  return { viewers, beforeMiB, withThemMiB, afterMiB: await memory() };
}

/** Reads on until it is told to stop. */
async function openStream(url: string, key: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/v1/events`, { headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' }, signal });
  if (!response.ok) throw new Error(`The stream was refused: ${response.status}`);
  const read = async (): Promise<void> => {
    for await (const _chunk of response.body ?? []) if (signal.aborted) return;
  };
  read().catch(() => undefined);
}
