/** Owns the running of a short command to its end, with a time limit and bounded output. */
import { spawn } from 'node:child_process';
import { messageOf } from '../contract/errors.ts';
import type { Environment } from '../config.ts';

export interface CommandResult {
  /** Exit code; undefined when the command could not be started or was ended by a signal. */
  readonly code: number | undefined;
  /** What it wrote to stdout and stderr, the last 64 KB. */
  readonly output: string;
}

export interface CommandOptions {
  readonly env: Environment;
  /** The command is killed after this. */
  readonly timeoutMs: number;
}

const MAX_OUTPUT = 65_536;

/** The outcome of the command. Never rejects: a command that does not exist has the code undefined and the reason as output. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => resolve({ code: undefined, output: messageOf(error) }));
    // The command was killed, but a child of its own may still hold the pipes open.
    child.once('exit', (code) => code === null && [child.stdout, child.stderr].map((stream) => stream.destroy()));
    child.once('close', (code, signal) =>
      resolve(
        code === null
          ? { code: undefined, output: `${output}\n(ended by ${String(signal)} within ${options.timeoutMs} ms)` }
          : { code, output },
      ),
    );
  });
}

/** The last line that says something, for an error message. */
export function lastLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '')?.slice(0, 300) ?? 'no output';
}
