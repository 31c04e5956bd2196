/** Owns the child processes of these tests: starts them, reads what they tell, and ends each by its own pid. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../../src/embedded/process-identity.ts';

export interface ToldEvent {
  readonly kind: 'ready' | 'changed' | 'notice' | 'closed' | 'failed' | 'won' | 'lost';
  readonly address?: string;
  readonly pid?: number;
  readonly isOwner?: boolean;
  readonly line?: string;
  readonly code?: string;
  readonly message?: string;
}

export interface Participant {
  readonly pid: number;
  /** Everything told so far. */
  readonly told: readonly ToldEvent[];
  /** The first event that fits, told already or to come. Rejects after 45 s. */
  waitFor(fits: (event: ToldEvent) => boolean): Promise<ToldEvent>;
  close(): void;
  kill(): Promise<void>;
  /** Resolves when the process has ended by itself. */
  ended(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

const children = new Set<Child>();
const folders: string[] = [];

/** Ends every process and removes every folder that the test made. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...children].map(killChild));
  for (const folder of folders.splice(0)) await removeFolder(folder);
}

/** An empty folder that goes with the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-embedded-'));
  folders.push(folder);
  return folder;
}

/** A process that runs `startEmbedded` with these options. */
export function startParticipant(options: { dataDir: string; port?: number; uiPort?: number }): Participant {
  return start('participant.mjs', [JSON.stringify(options)]);
}

/** A process that asks for the claim of the folder at the given time. */
export function startClaimant(folder: string, at: number): Participant {
  return start('claimant.mjs', [folder, String(at)]);
}

/** Free ports outside the range of outgoing connections: nothing takes them while a server is down. */
export async function newPorts(): Promise<{ port: number; uiPort: number }> {
  return { port: await newPort(), uiPort: await newPort() };
}

export async function waitUntil(condition: () => boolean | Promise<boolean>, what: string, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await sleep(20);
  }
}

export function isPidAlive(pid: number): boolean {
  return isAlive({ pid, startToken: '' });
}

async function newPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

function start(script: string, args: readonly string[]): Participant {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.stdin.on('error', () => undefined);
  const told: ToldEvent[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line) as ToldEvent));
  return {
    pid: child.pid ?? -1,
    told,
    waitFor: async (fits) => {
      await waitUntil(() => told.some(fits), `event of ${script} ${args.join(' ')}, told: ${JSON.stringify(told)}`, 45_000);
      return told.find(fits) ?? { kind: 'failed' };
    },
    close: () => child.stdin.write('close\n'),
    kill: () => killChild(child),
    ended: async () => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function killChild(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A server that was just told to end may still write. */
async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch {
      await sleep(100);
    }
  }
}
