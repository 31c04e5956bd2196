/** What most tests against a real server need: a client, workers, and queue names that no other test has. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { inject, onTestFinished } from 'vitest';
import { JobClient } from '../../src/client.ts';
import { createWorker, type WorkerOptions } from '../../src/worker.ts';
import type { Log } from '../../src/log.ts';

/** Address of the run's Temporal server. */
export function serverAddress(): string {
  return inject('temporalAddress');
}

/** The run's folder of large values: that of the server's data folder, as clients and workers find it by themselves. */
export function payloadFolder(): string {
  return inject('payloads');
}

/** A queue that only this test knows. */
export function ownQueue(): string {
  return `test-${randomUUID()}`;
}

/** A client that is closed when the test ends. */
export async function connectClient(): Promise<JobClient> {
  const client = await JobClient.connect({ address: serverAddress(), payloads: payloadFolder() });
  onTestFinished(() => client.close());
  return client;
}

export interface RunningWorker {
  /** Takes no more jobs and waits until the handlers have ended. Harmless when called twice. */
  readonly stop: () => Promise<void>;
}

/** A worker that runs until the test ends or it is stopped. It logs nothing unless a log is given. */
export async function runWorker(options: Omit<WorkerOptions, 'address'>): Promise<RunningWorker> {
  const worker = await startWorker(options);
  onTestFinished(worker.stop);
  return worker;
}

/** The same until it is stopped: for all tests of a file. */
export async function startWorker(options: Omit<WorkerOptions, 'address'>): Promise<RunningWorker> {
  const worker = await createWorker({
    log: silentLog,
    shutdownGrace: '1s',
    payloads: payloadFolder(),
    ...options,
    address: serverAddress(),
  });
  const running = worker.run();
  const stop = async (): Promise<void> => {
    worker.shutdown();
    await running;
  };
  return { stop };
}

export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // Tests that look at log lines bring their own log.
}

/** Temporal's own client, for what other programs do to our jobs. It is closed when the test ends. */
export async function temporalClient(): Promise<Client> {
  const connection = await Connection.connect({ address: serverAddress() });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

/** Something that is waited for and happens once. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** A closed gate: handlers wait at it until the test opens it. It is opened at the latest when the test ends. */
export function gate(): Gate {
  let open = ignore;
  const opened = new Promise<void>((resolve) => (open = resolve));
  onTestFinished(() => open());
  return { opened, open: () => open() };
}

/** Waits until `condition` gives something other than undefined or false; fails loudly after `withinMs`. */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  while (Date.now() < giveUpAt) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    await sleep(25);
  }
  throw new Error(`Waited ${withinMs} ms in vain for: ${what}`);
}
