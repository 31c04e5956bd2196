/** Owns the server and the worker processes of fault tests: each in a folder of its own, each ended by its own pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { JobClient } from '../../../src/client.ts';
import { type EmbeddedServer, startEmbedded } from '../../../src/embedded/server.ts';
import type { ShippedJobsSettings } from '../../../src/shipped-jobs.ts';

const adderProgram = new URL('./adder.mjs', import.meta.url).pathname;
const workerProgram = new URL('./worker.mjs', import.meta.url).pathname;

/** A folder that goes with the test. */
export async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-faults-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A Temporal server that a test may kill: this process owns it and starts it again. */
export async function ownServer(): Promise<EmbeddedServer> {
  const dataDir = await ownFolder();
  const server = await startEmbedded({ dataDir, env: process.env });
  onTestFinished(() => server.close());
  return server;
}

export async function ownClient(server: EmbeddedServer, payloads?: string): Promise<JobClient> {
  const client = await JobClient.connect({ address: server.address, ...(payloads === undefined ? {} : { payloads }) });
  onTestFinished(() => client.close());
  return client;
}

export interface WorkerProcess {
  readonly pid: number;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<unknown>;
  /** SIGKILL: no clean-up of any kind runs. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for its end; gives the exit code. */
  stop(): Promise<number | null>;
  /** The end of what it wrote to standard error: its log. */
  log(): string;
}

export interface WorkerSettings {
  readonly address: string;
  readonly log?: string;
  readonly queue?: string;
  /** Handlers at a time. @default 5 */
  readonly concurrency?: number;
  /** The clean-up of the job `undoable` begins and never ends; the job `charge` makes its effects and never reports them. */
  readonly hangs?: boolean;
  /** Its TMPDIR. @default this process's */
  readonly tmpDir?: string;
  /** Folder of large values. @default none */
  readonly payloads?: string;
  /** Settings of the shipped jobs. */
  readonly analysis?: ShippedJobsSettings;
}

/** A worker process that is ready to take jobs. */
export async function startWorkerProcess(settings: WorkerSettings): Promise<WorkerProcess> {
  const env = settings.tmpDir === undefined ? process.env : { ...process.env, TMPDIR: settings.tmpDir };
  const child = spawn(process.execPath, [workerProgram, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = `${errors}${chunk.toString()}`.slice(-8000)));
  onTestFinished(() => end(child, 'SIGKILL').then(() => undefined));
  const ended = once(child, 'exit');
  const failed = ended.then(() => Promise.reject(new Error(`The worker ended before it was ready: ${errors}`)));
  await Promise.race([once(child.stdout, 'data'), failed]);
  failed.catch(() => undefined);
  if (child.pid === undefined) throw new Error('The worker has no pid.');
  const kill = (): Promise<void> => end(child, 'SIGKILL').then(() => undefined);
  return { pid: child.pid, ended, kill, stop: () => end(child, 'SIGTERM'), log: () => errors };
}

/** Starts a worker, and another when it dies, as whoever runs workers in production does. */
export async function superviseWorker(settings: WorkerSettings, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const worker = await startWorkerProcess(settings);
    await Promise.race([worker.ended, new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))]);
    await worker.kill();
  }
}

export interface AdderSettings {
  readonly address: string;
  /** All numbers are one batch, which is acknowledged as a whole. */
  readonly payloads?: string;
  /** File of what was acknowledged. */
  readonly acknowledged: string;
  readonly numbers: readonly number[];
  readonly adders: number;
  /** Of the work of each job. */
  readonly ms: number;
  /** Of an adder between two adds. */
  readonly restMs: number;
}

/** A process that adds jobs, and ends when they are acknowledged. */
export async function startAdderProcess(settings: AdderSettings): Promise<Pick<WorkerProcess, 'ended' | 'kill'>> {
  const child = spawn(process.execPath, [adderProgram, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => end(child, 'SIGKILL').then(() => undefined));
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { ended, kill: () => end(child, 'SIGKILL').then(() => undefined) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
  return child.exitCode;
}

/** The lines of a log file that processes append to; none when it is not there yet. */
export async function linesOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}
