/**
 * Owns the server's process: it never outlives this one, not even when this one is killed with SIGKILL.
 *
 * The server runs under a small shell program whose stdin is a pipe that this process holds. The pipe's end closes with
 * this process, however it ends, and the shell then ends the server. Both are in a process group of their own: Ctrl-C in
 * the terminal reaches this process only, which may drain its jobs before it lets the server go.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { JobError, messageOf } from '../contract/errors.ts';
import type { Environment } from '../config.ts';
import { withoutTemporalVariables } from './environment.ts';

export interface ServerProcess {
  /** Of the server itself, not of the shell above it. */
  readonly pid: number;
  /** Resolves when the server is gone. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** Ends the server: SIGTERM, and SIGKILL after 5 s. Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface SpawnOptions {
  readonly binary: string;
  readonly args: readonly string[];
  readonly dataDir: string;
  /** Gets everything that the server writes. */
  readonly logFile: string;
  readonly env: Environment;
}

/** POSIX sh. Tells the server's pid on stdout, then waits for whichever ends first: the server, or stdin (descriptor 4). */
const SUPERVISOR = `
exec 4<&0 </dev/null
"$@" >&2 4<&- &
server=$!
echo "$server"
exec >&2
(
  while read -r _ <&4; do :; done
  kill -TERM "$server" 2>/dev/null
  tries=0
  while kill -0 "$server" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "$server" 2>/dev/null
) &
watcher=$!
exec 4<&-
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

/** The server's process, just started. It keeps nobody's event loop alive. */
export async function spawnServer({ binary, args, dataDir, logFile, env }: SpawnOptions): Promise<ServerProcess> {
  const log = openSync(logFile, 'a', 0o600);
  const shell = spawn('/bin/sh', ['-c', SUPERVISOR, 'holdfast-server', binary, ...args], {
    cwd: dataDir,
    env: withoutTemporalVariables(env),
    detached: true,
    stdio: ['pipe', 'pipe', log],
  });
  closeSync(log);
  const [stdin, stdout] = [shell.stdin, shell.stdout];
  if (stdin === null || stdout === null) throw new JobError('internal', 'A child process has no pipes.');
  // The pipe breaks when the shell is killed; its exit says so already.
  stdin.on('error', () => undefined);
  let hasEnded = false;
  const ended = endOf(shell).then(() => {
    hasEnded = true;
    stdin.destroy();
  });
  const pid = await readPid(stdout, shell);
  release(shell, stdin);
  return {
    pid,
    ended,
    hasEnded: () => hasEnded,
    stop: async () => {
      shell.ref();
      stdin.end();
      await ended;
    },
  };
}

function endOf(shell: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
}

async function readPid(stdout: Readable, shell: ChildProcess): Promise<number> {
  let text = '';
  const failed = once(shell, 'error').then(([error]) => {
    throw new JobError('server-failed', `The embedded Temporal server could not be started: ${messageOf(error)}.`, { cause: error });
  });
  const read = (async () => {
    for await (const chunk of stdout) text += String(chunk);
  })();
  await Promise.race([read, failed]);
  const pid = Number(text);
  if (pid > 0) return pid;
  throw new JobError('server-failed', 'The embedded Temporal server could not be started: /bin/sh did not run it.');
}

/** Lets this process end by itself while the server runs: the server then ends too. */
function release(shell: ChildProcess, stdin: Writable): void {
  shell.unref();
  // The type of a child's stdin does not say that it is a socket.
  if (stdin instanceof Socket) stdin.unref();
}
