/** Owns runs of the built `holdfast` command: its process, what it wrote, how it ended, and the folders of a test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from '../../support/jobs.ts';

export const commandLine = resolve(import.meta.dirname, '../../../dist/cli/main.js');

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Command {
  /** What it wrote to standard output and standard error so far. */
  readonly out: () => string;
  readonly err: () => string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Waits until it wrote `text`; fails with what it wrote instead. */
  wrote(text: string | RegExp): Promise<void>;
}

/** `holdfast …`, in a process of its own that ends with the test. */
export function holdfast(args: readonly string[], options: CommandOptions): Command {
  return run(process.execPath, [commandLine, ...args], options);
}

/** How a command ended, and what it wrote. */
export interface Ended {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

/** `holdfast …` until it ends. */
export async function holdfastToEnd(args: readonly string[], options: CommandOptions): Promise<Ended> {
  const command = holdfast(args, options);
  const code = await command.ended;
  return { code, out: command.out(), err: command.err() };
}

/** The same on a terminal of 80 × 24. What it wrote, escapes and all, is in `out`. */
export function holdfastOnTerminal(args: readonly string[], options: CommandOptions): Command {
  const words = [process.execPath, commandLine, ...args].map((word) => `'${word}'`);
  return run('script', ['-qec', `stty cols 80 rows 24; exec ${words.join(' ')}`, '/dev/null'], options);
}

/** An empty folder, links resolved, that goes with the test. */
export function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-cli-')));
  // A server that was just told to end may still write.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
  return folder;
}

function run(command: string, args: readonly string[], { cwd, env = {} }: CommandOptions): Command {
  const child = spawn(command, args, { cwd, env: { ...cleanEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)];
  const ended = new Promise<number | string>((settle) => child.once('close', (code, signal) => settle(code ?? signal ?? 'unknown')));
  onTestFinished(() => endChild(child, ended));
  return {
    out,
    err,
    ended,
    kill: (signal) => child.kill(signal),
    wrote: async (text) => {
      const hasIt = (): boolean => (typeof text === 'string' ? (out() + err()).includes(text) : text.test(out() + err()));
      await eventually(`"${String(text)}"`, hasIt, 45_000).catch((error: unknown) => {
        throw new Error(`${String(error)}. Output:\n${out()}\nErrors:\n${err()}`);
      });
    },
  };
}

async function endChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await ended;
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}

/** Without what the run of the tests or its machine says about Holdfast, Temporal and colours. */
function cleanEnvironment(): Record<string, string | undefined> {
  const isOurs = (name: string): boolean => !/^(HOLDFAST_|TEMPORAL_(?!CLI_PATH)|FORCE_COLOR|NO_COLOR|CI$)/.test(name);
  return Object.fromEntries([...Object.entries(process.env).filter(([name]) => isOurs(name)), ['TEMPORAL_CONFIG_FILE', '/nonexistent']]);
}
