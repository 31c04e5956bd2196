import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { analyseRepositoryHandler } from '../../../src/activities/analyse-repositories/analyse-repository.ts';
import { parseInput } from '../../../src/contract/validate.ts';
import { analyseRepositories } from '../../../src/jobs/analyse-repositories.ts';
import { git, makeRepository } from './made-repositories.ts';
import { errorOf } from '../../support/job-error.ts';
import { Bench, contextOf } from './run-analysis.ts';

const bench = new Bench();
afterAll(() => bench.remove());

const OK = 'https://git.example.org/team/project.git';
const withOptions = (options: unknown): unknown => ({ repositories: [OK], options });

const REFUSED_SOURCES: [title: string, source: string, says: string][] = [
  ['a command as a transport', 'ext::sh -c touch% /tmp/owned', 'Other protocols'],
  ['an option', '--upload-pack=touch /tmp/owned', 'options of git are not accepted'],
  ['a dash', '-', 'Other protocols'],
  ['a file URL', 'file:///etc', 'Other protocols'],
  ['an ssh URL', 'ssh://git@example.org/x', 'Other protocols'],
  ['an scp address', 'git@github.com:honojs/hono.git', 'Other protocols'],
  ['the git protocol', 'git://example.org/x', 'Other protocols'],
  ['plain http', 'http://example.org/x', 'Other protocols'],
  ['capital letters in the protocol', 'HTTPS://example.org/x', 'Other protocols'],
  ['a transport prefix', 'https::https://example.org/x', 'Other protocols'],
  ['a relative path', '../secret', 'relative paths'],
  ['nothing', '', 'Other protocols'],
  ['a password', 'https://user:secret@example.org/x', 'carries a user or a password'],
  ['a user', 'https://user@example.org/x', 'carries a user or a password'],
  ['an empty user', 'https://@example.org/x', 'carries a user or a password'],
  ['a query', `${OK}?token=1`, 'query or a fragment'],
  ['a fragment', `${OK}#main`, 'query or a fragment'],
  ['no repository', 'https://example.org/', 'no repository'],
  ['no host', 'https:///etc', 'query and fragment'],
  ['a bad port', 'https://example.org:99999/x', 'not a URL'],
  ['a newline', `${OK}\n`, 'control characters'],
  ['an encoded newline', 'https://example.org/a%0ahost=evil', 'percent-encoded control'],
  ['a NUL in a path', '/srv/git\0/etc', 'control characters'],
  ['a backslash', 'https://example.org\\@evil.org/x', 'backslashes'],
  ['a network path', '//server/share', 'one slash'],
];

test.each(REFUSED_SOURCES)('refuses %s with a sentence that says what is allowed', async (_title, source, says) => {
  const error = await errorOf(parseInput(analyseRepositories, { repositories: [source] }));
  expect(error.message).toContain('repositories.0: Expected source to be an https URL');
  expect(error.message).toContain(says);
  const atHandler = await errorOf(bench.analyseUnchecked(source));
  expect([atHandler.code, atHandler.retryable]).toEqual(['source-refused', false]);
  expect(bench.leftovers()).toEqual([]);
});

const REFUSED_INPUTS: [title: string, input: unknown, says: string][] = [
  ['no repositories', { repositories: [] }, 'repositories: '],
  ['501 repositories', { repositories: Array.from({ length: 501 }, (_, index) => `${OK}${index}`) }, '500'],
  ['the same source twice', { repositories: [OK, { source: OK, name: 'again' }] }, 'Expected each source and ref once'],
  ['a number for a source', { repositories: [5] }, 'Expected a repository to be a source'],
  ['null for a source', { repositories: [null] }, 'Expected a repository to be a source'],
  ['an unknown key of a repository', { repositories: [{ source: OK, hooks: true }] }, 'hooks'],
  ['an unknown key', { repositories: [OK], shell: 'sh' }, 'shell'],
  ['an unknown option', withOptions({ delay: 1 }), 'delay'],
  ['NaN', withOptions({ timeLimitMs: Number.NaN }), 'options.timeLimitMs'],
  ['infinity', withOptions({ maxDiskMb: Number.POSITIVE_INFINITY }), 'options.maxDiskMb'],
  ['a fraction', withOptions({ window: 1.5 }), 'options.window'],
  ['a window of 0', withOptions({ window: 0 }), 'options.window'],
  ['a window of 17', withOptions({ window: 17 }), 'options.window'],
  ['a negative limit', withOptions({ maxEntries: -1 }), 'options.maxEntries'],
  ['a text for a number', withOptions({ window: '4' }), 'options.window'],
  ['a name of 2 MB', { repositories: [{ source: OK, name: 'x'.repeat(2_000_000) }] }, 'repositories.0.name'],
  ['a source of 2 MB', { repositories: [OK + 'x'.repeat(2_000_000)] }, 'repositories.0'],
  ['a name with a control character', { repositories: [{ source: OK, name: 'a\u001b[2Jb' }] }, 'no control characters'],
  ['an option as a ref', { repositories: [{ source: OK, ref: '--upload-pack=x' }] }, 'Expected ref to be'],
  ['a revision expression as a ref', { repositories: [{ source: OK, ref: 'HEAD@{1}' }] }, 'Expected ref to be'],
  ['a range as a ref', { repositories: [{ source: OK, ref: 'a..b' }] }, 'Expected ref to be'],
  ['a reflog path as a ref', { repositories: [{ source: OK, ref: 'refs//heads' }] }, 'Expected ref to be'],
];

test.each(REFUSED_INPUTS)('refuses %s', async (_title, input, says) => {
  const error = await errorOf(parseInput(analyseRepositories, input));
  expect(error.code).toBe('invalid-input');
  expect(error.message).toContain(says);
  expect(error.message.length).toBeLessThan(2000);
});

test('accepts https URLs and absolute paths, and fills in names and defaults', async () => {
  const given = { repositories: [OK, '/srv/git/api/', { source: OK, ref: 'v1.2.0', name: ' Release ' }] };
  expect(await parseInput(analyseRepositories, given)).toEqual({
    repositories: [
      { source: OK, name: 'project' },
      { source: '/srv/git/api/', name: 'api' },
      { source: OK, ref: 'v1.2.0', name: 'Release' },
    ],
    options: { window: 4, timeLimitMs: 600_000, maxDiskMb: 2048, maxEntries: 500_000 },
  });
});

test.each(['/etc', '/etc/nothing-here', '/'])(
  'refuses the local path %s, which no root allows, and does not say whether it exists',
  async (source) => {
    const error = await errorOf(bench.analyse({ repository: source }));
    expect([error.code, error.retryable]).toEqual(['source-refused', false]);
    expect(error.message).toContain('outside of them all');
    expect(bench.leftovers()).toEqual([]);
  },
);

test('refuses ways out of the allowed roots: dots, links, a gitdir file, alternates', async () => {
  const outside = makeRepository(join(bench.root, 'outside'), [{ files: { secret: '1' } }]);
  const at = (name: string): string => join(bench.repositories, name);
  symlinkSync(outside, at('link'));
  mkdirSync(at('pointer'));
  bench.write('repositories/pointer/.git', `gitdir: ${outside}\n`);
  git(bench.root, 'clone', '-q', '--bare', '--shared', outside, at('borrowed'));
  makeRepository(at('linked-objects'), []);
  bench.replaceByLink('repositories/linked-objects/objects', join(outside, 'objects'));
  for (const source of [`${bench.repositories}/../outside`, at('link'), at('pointer'), at('borrowed'), at('linked-objects')]) {
    expect((await errorOf(bench.analyse({ repository: source }))).code, source).toBe('source-refused');
  }
});

test('leaves the working folder and TMPDIR as they were', async () => {
  const temporary = join(bench.root, 'tmp');
  mkdirSync(temporary);
  vi.stubEnv('TMPDIR', temporary);
  const broken = makeRepository(join(bench.repositories, 'broken'), [{ files: { a: '1' } }]);
  bench.write('repositories/broken/config', '[core\n');
  for (const [, source] of REFUSED_SOURCES) await errorOf(bench.analyseUnchecked(source));
  expect((await errorOf(bench.analyseUnchecked(broken))).code).toBe('source-unreadable');
  vi.unstubAllEnvs();
  expect([readdirSync(temporary), bench.leftovers()]).toEqual([[], []]);
});

test('a handler without allowed roots accepts no local source', async () => {
  const folder = makeRepository(join(bench.repositories, 'any'), [{ files: { a: '1' } }]);
  const handler = analyseRepositoryHandler({ allowedRoots: [], workDir: bench.workDir });
  const options = { window: 4, timeLimitMs: 60_000, maxDiskMb: 10, maxEntries: 10 };
  const work = Promise.resolve(handler({ repository: { source: folder, name: 'any' }, options, detailBytes: 5000 }, contextOf({})));
  expect((await errorOf(work)).code).toBe('source-refused');
});
