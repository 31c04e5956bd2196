/**
 * Owns the fetching of a repository over https into a bare clone: public hosts only, no redirects, no hooks, no
 * submodules, never a work tree. Watches the clone's size. The folder is made and removed by the caller.
 */
import { join } from 'node:path';
import { JobError } from '../../contract/errors.ts';
import { orAborted } from '../../abort.ts';
import { folderBytes, MB } from './folder-bytes.ts';
import { type GitCommand, type GitPlace, lastWords, runGit } from './git-process.ts';
import { publicAddresses } from './public-address.ts';

export interface CloneOptions {
  readonly url: string;
  /** Branch or tag. Absent: all of the default branch. */
  readonly ref?: string;
  readonly maxDiskMb: number;
  /** Hosts with private addresses are accepted too. */
  readonly allowPrivateHosts: boolean;
  /** Called with the clone's progress, 0–1, and what git is doing. */
  readonly onProgress: (share: number, what: string) => void;
  /** Called when the clone is over its limit: ends the analysis. */
  readonly onTooLarge: (error: JobError) => void;
}

const SIZE_CHECK_MS = 200;
/** The system ends git at this much over the limit, with an error that says nothing: the watcher should see it first. */
const WATCH_SLACK_MB = 256;
/** A transfer slower than 1 KB/s for a minute is given up. */
const HTTP_CONFIG = [
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
  'transfer.unpackLimit=1',
  'fetch.unpackLimit=1',
];
const COMMIT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const PERMANENT =
  /not found|authentication failed|could not read username|error: 40[0134]|not valid: is this a git repository|remote branch|protocol '.*' not supported/i;
const REDIRECTED = /error: 30\d/;

/**
 * The git folder of a fresh clone in `place.folder`.
 * @throws JobError `source-refused`, `source-unreadable`, `source-unavailable`, `limit-exceeded`
 */
export async function cloneBare(place: GitPlace, options: CloneOptions): Promise<string> {
  const gitDir = join(place.folder, 'clone.git');
  const config = await networkConfig(place.signal, options);
  const what = [...selectionOf(options.ref), '--', new URL(options.url).href, gitDir];
  const watcher = watchSize(gitDir, options);
  try {
    await overNetwork(place, options, [...config, 'clone', '--bare', '--template=', '--progress', ...what]);
  } finally {
    clearInterval(watcher);
  }
  await checkSize(gitDir, options);
  place.signal.throwIfAborted();
  return gitDir;
}

/**
 * git's settings for a call over the network.
 * @throws JobError `source-refused`, `source-unavailable` when the host has no address that may be connected to
 */
export async function networkConfig(signal: AbortSignal, { url, allowPrivateHosts }: CloneOptions): Promise<string[]> {
  const pinned = allowPrivateHosts ? [] : [await orAborted(pinnedHost(new URL(url)), signal)];
  return [...HTTP_CONFIG, ...pinned].flatMap((setting) => ['-c', setting]);
}

/** Runs a git that transfers objects, with its progress. What it writes is held to little more than the limit. */
export async function overNetwork(place: GitPlace, { url, maxDiskMb, onProgress }: CloneOptions, args: readonly string[]): Promise<void> {
  const command: GitCommand = {
    args,
    maxFileMb: maxDiskMb + WATCH_SLACK_MB,
    onStderr: (text) => reportProgress(text, onProgress),
    explain: (stderr) => cloneFailure(new URL(url).href, stderr),
  };
  await runGit({ ...place, protocols: 'https' }, command, drain);
}

/** True when `ref` is a full commit id, which no clone can ask for by name. */
export function isCommitId(ref: string): boolean {
  return COMMIT_ID.test(ref);
}

function selectionOf(ref: string | undefined): string[] {
  if (ref !== undefined && isCommitId(ref)) return [];
  return ['--single-branch', '--no-tags', ...(ref === undefined ? [] : [`--branch=${ref.replace(/^refs\/(?:heads|tags)\//, '')}`])];
}

/** The addresses that were checked are those that are connected to, whatever the name resolves to a moment later. */
async function pinnedHost(url: URL): Promise<string> {
  const addresses = await publicAddresses(url.hostname);
  return `http.curloptResolve=${url.hostname}:${url.port || '443'}:${addresses.map((address) => (address.includes(':') ? `[${address}]` : address)).join(',')}`;
}

async function drain(output: AsyncIterable<Buffer>): Promise<void> {
  for await (const _chunk of output);
}

function reportProgress(text: string, onProgress: CloneOptions['onProgress']): void {
  const found = /(Receiving objects|Resolving deltas): +(\d+)%/g;
  const [, what, percent] = [...text.matchAll(found)].at(-1) ?? [];
  if (what === undefined) return;
  const isReceiving = what === 'Receiving objects';
  onProgress((isReceiving ? 0 : 0.8) + (Number(percent) / 100) * (isReceiving ? 0.8 : 0.2), `${what.toLowerCase()}, ${percent} %`);
}

function watchSize(gitDir: string, options: CloneOptions): NodeJS.Timeout {
  return setInterval(() => {
    checkSize(gitDir, options).catch(() => {});
  }, SIZE_CHECK_MS);
}

async function checkSize(gitDir: string, { maxDiskMb, url, onTooLarge }: CloneOptions): Promise<void> {
  if ((await folderBytes(gitDir)) <= maxDiskMb * MB) return;
  onTooLarge(
    new JobError('limit-exceeded', `The clone of ${url} takes more than ${maxDiskMb} MB. Raise options.maxDiskMb.`, {
      details: { limit: 'maxDiskMb', maxDiskMb },
    }),
  );
}

function cloneFailure(url: string, stderr: string): JobError {
  const words = lastWords(stderr);
  if (REDIRECTED.test(stderr))
    return new JobError('source-unreadable', `${url} redirects elsewhere. Give the URL that it leads to. git said: ${words}`);
  if (PERMANENT.test(stderr)) return new JobError('source-unreadable', `${url} could not be cloned: ${words}`);
  return new JobError('source-unavailable', `${url} could not be reached: ${words}`);
}
