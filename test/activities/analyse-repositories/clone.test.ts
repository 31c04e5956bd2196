import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { JobError } from '../../../src/contract/errors.ts';
import { type GitHttpsServer, startGitServer } from './git-https-server.ts';
import { processesWith } from './git-processes.ts';
import { git, makeRepository, manyCommits } from './made-repositories.ts';
import { errorOf } from '../../support/job-error.ts';
import { Bench, type Run } from './run-analysis.ts';

const bench = new Bench();
let server: GitHttpsServer;
beforeAll(async () => {
  server = await startGitServer(bench.repositories);
  const main = makeRepository(join(bench.repositories, 'project.git'), [
    ...manyCommits(300),
    { branch: 'dev', from: 'main', files: { b: '1' } },
  ]);
  git(main, 'tag', 'v1', 'main~100');
  makeRepository(join(bench.repositories, 'empty.git'), []);
  makeRepository(join(bench.repositories, 'large.git'), [
    { files: Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`f${index}`, noise(100_000, index)])) },
  ]);
});
afterEach(() => expect(bench.leftovers()).toEqual([]));
afterAll(async () => {
  await server.close();
  bench.remove();
});

/** Bytes that do not compress, the same each time. */
function noise(bytes: number, seed: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, index) => createHash('sha256').update(`${seed} ${index}`).digest());
  return Buffer.concat(blocks);
}

function trusting(): Run {
  return { settings: { allowedRoots: [], allowPrivateHosts: true, gitEnvironment: server.environment } };
}

test('a clone over https gives the same report as the repository itself', async () => {
  const seen: string[] = [];
  const cloned = await bench.analyse(
    { repository: `${server.url}/project.git` },
    { ...trusting(), onProgress: (_percent, message) => seen.push(message) },
  );
  expect(cloned).toEqual(await bench.analyse({ repository: join(bench.repositories, 'project.git') }));
  expect(cloned.commits.total).toBe(300);
  expect(seen.some((message) => /^fetching: (?:receiving objects|resolving deltas), \d+ %$/.test(message))).toBe(true);
});

test('clones the branch, tag or commit that was asked for', async () => {
  const commit = git(join(bench.repositories, 'project.git'), 'rev-parse', 'main~50');
  const commitsAt = async (ref: string): Promise<number> =>
    (await bench.analyse({ repository: { source: `${server.url}/project.git`, ref } }, trusting())).commits.total;
  expect([await commitsAt('dev'), await commitsAt('v1'), await commitsAt('refs/tags/v1'), await commitsAt(commit)]).toEqual([
    301, 200, 200, 250,
  ]);
});

test('an empty repository is cloned to a report of zeros', async () => {
  expect((await bench.analyse({ repository: `${server.url}/empty.git` }, trusting())).commits.total).toBe(0);
});

test.each([
  ['a repository that is not there', '/nothing.git', 'source-unreadable'],
  ['a redirect', '/moved/project.git', 'source-unreadable'],
  ['a server with an error', '/broken.git', 'source-unavailable'],
])('%s is a clear error', async (_title, path, code) => {
  const error = await errorOf(bench.analyse({ repository: server.url + path }, trusting()));
  expect([error.code, error.retryable]).toEqual([code, code === 'source-unavailable']);
  expect(error.message).toContain(server.url + path);
});

test('a redirect is not followed', async () => {
  server.requests.length = 0;
  await errorOf(bench.analyse({ repository: `${server.url}/moved/project.git` }, trusting()));
  expect(server.requests.every((url) => url.startsWith('/moved/'))).toBe(true);
});

test('a branch that is not there is a clear error', async () => {
  const error = await errorOf(bench.analyse({ repository: { source: `${server.url}/project.git`, ref: 'nope' } }, trusting()));
  expect([error.code, error.retryable]).toEqual(['source-unreadable', false]);
});

test('a certificate that nobody vouches for is refused', async () => {
  const error = await errorOf(bench.analyse({ repository: `${server.url}/project.git` }, { settings: { allowPrivateHosts: true } }));
  expect(error.code).toBe('source-unavailable');
});

test('a host with a private address is refused before anything is sent', async () => {
  server.requests.length = 0;
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '0x7f000001', '2130706433', '[::ffff:127.0.0.1]', '169.254.169.254']) {
    const url = new URL(server.url);
    const error = await errorOf(bench.analyse({ repository: `https://${host}:${url.port}/project.git` }));
    expect([error.code, error.retryable], host).toEqual(['source-refused', false]);
  }
  expect(server.requests).toEqual([]);
});

test('a host that cannot be reached is tried again', async () => {
  const error = await errorOf(bench.analyse({ repository: 'https://127.0.0.1:1/project.git' }, trusting()));
  expect([error.code, error.retryable]).toEqual(['source-unavailable', true]);
});

test('a clone over its disk limit is ended and removed', async () => {
  const error = await errorOf(bench.analyse({ repository: `${server.url}/large.git`, options: { maxDiskMb: 1 } }, trusting()));
  expect([error.code, error.retryable]).toEqual(['limit-exceeded', false]);
  expect(error.message).toContain('takes more than 1 MB');
  expect((await bench.analyse({ repository: `${server.url}/large.git`, options: { maxDiskMb: 10 } }, trusting())).files.binary).toBe(15);
});

test('a cancel in the middle of a clone stops git within 200 ms and leaves nothing', async () => {
  server.stallPacks();
  const controller = new AbortController();
  server.requests.length = 0;
  let cancelledAt = 0;
  // The pack was asked for, and is stalled: git is in the middle, whether it has said so yet or not.
  const isInTheMiddle = (): boolean =>
    server.requests.some((url) => url.includes('/git-upload-pack')) && bench.leftovers().some((name) => name.includes('clone.git'));
  const watching = setInterval(() => {
    if (cancelledAt !== 0 || !isInTheMiddle() || processesWith(server.url).length === 0) return;
    cancelledAt = performance.now();
    controller.abort(new JobError('cancelled'));
  }, 20);
  const error = await errorOf(bench.analyse({ repository: `${server.url}/large.git` }, { ...trusting(), signal: controller.signal }));
  clearInterval(watching);
  expect(error.code).toBe('cancelled');
  expect(performance.now() - cancelledAt).toBeLessThan(200);
  expect(processesWith(server.url)).toEqual([]);
});
