/** Programs of users, run as users run them: in a folder of their own, with the built package installed in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { eventually } from '../support/jobs.ts';

const root = resolve(import.meta.dirname, '../..');
/** What would lead a program to a server that the test did not mean. */
const SERVER_VARIABLES = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_PROFILE',
  'TEMPORAL_CONFIG_FILE',
  'HOLDFAST_DATA_DIR',
  'REDIS_URL',
];

/** An empty folder with the package in its `node_modules`. It goes with the test. */
export async function makeProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-program-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await symlink(root, join(folder, 'node_modules/holdfast'));
  await symlink(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

/** Compiles a TypeScript file of the folder, with the settings that a careful user has. Rejects with the compiler's errors. */
export async function compile(folder: string, file: string): Promise<void> {
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const { code, output } = await startProgram(folder, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']).ended;
  if (code !== 0) throw new Error(`${file} does not compile:\n${output}`);
}

export interface Program {
  readonly child: ChildProcess;
  /** How it ended by itself. */
  readonly ended: Promise<ProgramEnd>;
  /** Waits until its output contains the text. */
  hasSaid(what: string): Promise<void>;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly log: string;
}

/** Runs Node in the folder. Whatever is left of it when the test ends is killed. */
export function startProgram(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SERVER_VARIABLES.includes(name)));
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const collect = async (): Promise<ProgramEnd> => {
    const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const [[code, signal], output, log] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
    return { code, signal, output, log };
  };
  return {
    child,
    ended: collect(),
    async hasSaid(what) {
      await eventually(`the program says "${what}"`, () => said.includes(what), 60_000);
    },
  };
}
