/**
 * Owns how git is spawned, the one place that does: nothing of the worker's environment or of the machine's git settings
 * reaches it, no program that a repository's config names is run, its memory and its writing are limited, and it and its
 * children are gone before the call settles. Does not know what is asked of git, nor what its answers mean.
 *
 * 1. Arguments are an array that this folder writes; user text comes in after `--`, as a checked URL, or behind `--branch=`.
 * 2. An abort kills the whole process group at once, and the signal's reason is thrown when the group is gone.
 * 3. Should the worker die, git dies too: its pipes break at the next write, or its input ends.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { JobError } from '../../contract/errors.ts';
import { printable } from './readable-text.ts';

/** Where and under which limits git runs. */
export interface GitPlace {
  /** An empty folder: working directory and HOME, so that no file of the machine is taken for a setting. */
  readonly folder: string;
  /** The repository. Absent: the command makes one. */
  readonly gitDir?: string;
  /** Protocols git may speak, with `:` between. @default 'none' */
  readonly protocols?: string;
  readonly signal: AbortSignal;
  /** Added to git's otherwise empty environment: a proxy, a CA file, another PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Memory that git may take for data; more is `limit-exceeded`. Where the system has no such limit, none is kept. @default 1024 */
  readonly memoryMb?: number;
}

export interface GitCommand {
  readonly args: readonly string[];
  /** Written to git's input while its output is read. */
  readonly input?: Iterable<string>;
  /** Largest file git may write. @default 0: reading a repository leaves no trace in it */
  readonly maxFileMb?: number;
  /** Exit code 1 means "nothing found" and is no failure. @default false */
  readonly mayFindNothing?: boolean;
  /** Called with each piece of git's error output. */
  readonly onStderr?: (text: string) => void;
  /** The error for a failure of git. @default `source-unreadable` with git's own words */
  readonly explain?: (stderr: string) => JobError;
}

type GitChild = ChildProcessByStdio<Writable | null, Readable, Readable>;
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const DEFAULT_MEMORY_MB = 1024;
const STDERR_KEPT = 4096;
const OUT_OF_MEMORY = /out of memory|cannot allocate memory|mmap failed/i;
/** A limit that cannot be set (a lower one is in force) is left as it is. Units: KB of memory, 512-byte blocks of a file. */
const WITH_LIMITS = 'ulimit -d "$1" 2>/dev/null || :; ulimit -f "$2" 2>/dev/null || :; shift 2; exec git "$@"';

/** Over what a repository's own config says: programs it could name, and settings that would change what is counted. */
const CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.alternateRefsCommand=false',
  'core.sshCommand=false',
  'core.askPass=',
  'credential.helper=',
  'gpg.program=false',
  'log.showSignature=false',
  'log.showRoot=true',
  'mailmap.file=/dev/null',
  'diff.orderFile=/dev/null',
  'diff.algorithm=default',
  'i18n.logOutputEncoding=UTF-8',
  'core.bigFileThreshold=32m',
  'core.deltaBaseCacheLimit=48m',
  'core.packedGitWindowSize=8m',
  'core.packedGitLimit=64m',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'safe.directory=*',
].flatMap((setting) => ['-c', setting]);

/**
 * What `consume` makes of git's output.
 * @throws JobError the reason of `place.signal`, whatever `consume` throws, or the failure of git
 */
export async function runGit<T>(place: GitPlace, command: GitCommand, consume: (output: AsyncIterable<Buffer>) => Promise<T>): Promise<T> {
  place.signal.throwIfAborted();
  const child = spawnGit(place, command);
  const ended = endOf(child);
  const stderr = keepEnd(child.stderr, command.onStderr);
  const kill = (): void => killGroup(child);
  place.signal.addEventListener('abort', kill, { once: true });
  try {
    const [result] = await Promise.all([consume(child.stdout), feed(child, command.input)]);
    const exit = await ended;
    place.signal.throwIfAborted();
    if (exit.code !== 0 && !(exit.code === 1 && command.mayFindNothing === true)) throw failure(command, exit, stderr());
    return result;
  } catch (error) {
    kill();
    await ended;
    place.signal.throwIfAborted();
    throw error;
  } finally {
    place.signal.removeEventListener('abort', kill);
  }
}

/** Runs several at the same time. When one fails the others are stopped, and its error is thrown once all of them are gone. */
export async function runTogether(place: GitPlace, works: readonly ((place: GitPlace) => Promise<unknown>)[]): Promise<void> {
  const failed = new AbortController();
  const shared: GitPlace = { ...place, signal: AbortSignal.any([place.signal, failed.signal]) };
  const guarded = works.map(async (work) => {
    try {
      await work(shared);
    } catch (error) {
      failed.abort(error);
    }
  });
  await Promise.all(guarded);
  place.signal.throwIfAborted();
  failed.signal.throwIfAborted();
}

/** The whole output as text without the last newline. For answers of a few lines. */
export async function gitText(place: GitPlace, args: readonly string[], options: Omit<GitCommand, 'args'> = {}): Promise<string> {
  const output = await runGit(place, { ...options, args }, wholeOf);
  return output.toString('utf8').replace(/\n$/, '');
}

async function wholeOf(output: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of output) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function spawnGit(place: GitPlace, { args, input, maxFileMb = 0 }: GitCommand): GitChild {
  const limits = [String((place.memoryMb ?? DEFAULT_MEMORY_MB) * 1024), String(maxFileMb * 2048)];
  return spawn('/bin/sh', ['-c', WITH_LIMITS, 'git', ...limits, '--no-pager', ...CONFIG, ...args], {
    cwd: place.folder,
    env: environmentOf(place),
    // A group of its own: git's children (index-pack, git-remote-https) are killed with it.
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  }) as GitChild;
}

function environmentOf({ folder, gitDir, protocols = 'none', environment }: GitPlace): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
    LC_ALL: 'C',
    HOME: folder,
    TMPDIR: folder,
    ...(gitDir === undefined ? {} : { GIT_DIR: gitDir }),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_LITERAL_PATHSPECS: '1',
    // What a commit id stands for, and not what the repository's `git replace` and grafts put in its place.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    // A partial clone fetches what is missing from the URL in its config, which may be `ext::` and a command.
    GIT_ALLOW_PROTOCOL: protocols,
    ...environment,
  };
}

/** Never rejects: a shell that cannot be started counts as an exit. */
async function endOf(child: GitChild): Promise<Exit> {
  return await new Promise((resolve) => {
    child.on('error', () => resolve({ code: 127, signal: null }));
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}

function killGroup(child: GitChild): void {
  const isOver = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (isOver) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended between the check and the call.
  }
}

function keepEnd(stream: Readable, onText: ((text: string) => void) | undefined): () => string {
  let kept = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    kept = (kept + text).slice(-STDERR_KEPT);
    onText?.(text);
  });
  return () => kept;
}

async function feed(child: GitChild, input: Iterable<string> | undefined): Promise<void> {
  if (child.stdin === null || input === undefined) return;
  // When git ends before its input does, its exit says why.
  await pipeline(input, child.stdin).catch(() => {});
}

function failure({ args, explain }: GitCommand, { code, signal }: Exit, stderr: string): JobError {
  if (code === 127) return new JobError('source-unavailable', 'This worker has no git. Install git 2.37 or newer on it.');
  const name = args.find((arg) => /^[a-z]+(?:-[a-z]+)*$/.test(arg)) ?? 'git';
  if (OUT_OF_MEMORY.test(stderr)) return new JobError('limit-exceeded', `The repository needs more memory than git ${name} may take.`);
  if (signal !== null) return new JobError('source-unavailable', `git ${name} was ended by ${signal}.`);
  return explain?.(stderr) ?? new JobError('source-unreadable', `git ${name} failed: ${lastWords(stderr)}`);
}

/** The line of git's error output that says what was wrong. */
export function lastWords(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const words = lines.findLast((line) => /^(?:fatal|error):/.test(line)) ?? lines.at(-1) ?? 'it said nothing.';
  return printable(words).slice(0, 300);
}
