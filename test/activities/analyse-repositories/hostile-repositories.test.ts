import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { addTreeBomb, commitTree, git, gitWith, makeRepository, manyCommits } from './made-repositories.ts';
import { errorOf } from '../../support/job-error.ts';
import { Bench } from './run-analysis.ts';

const bench = new Bench();
const at = (name: string): string => join(bench.repositories, name);
const marker = join(bench.root, 'ran');
const program = join(bench.root, 'program.sh');
writeFileSync(program, `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
afterEach(() => expect(bench.leftovers()).toEqual([]));
afterAll(() => bench.remove());

test('runs no program that the config or the attributes of a repository name', async () => {
  const folder = makeRepository(at('programs'), manyCommits(30));
  git(bench.repositories, 'clone', '-q', folder, at('worktree'));
  for (const repository of [folder, join(at('worktree'), '.git')]) {
    const settings = [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'core.editor',
      'core.askPass',
      'diff.external',
      'diff.evil.command',
      'diff.evil.textconv',
      'gpg.program',
      'core.alternateRefsCommand',
      'uploadpack.packObjectsHook',
      'filter.evil.clean',
      'filter.evil.smudge',
      'credential.helper',
    ];
    for (const setting of settings) git(repository, 'config', setting, program);
    git(repository, 'config', 'log.showSignature', 'true');
    git(repository, 'config', 'alias.log', `!${program}`);
    mkdirSync(join(repository, 'info'), { recursive: true });
    writeFileSync(join(repository, 'info/attributes'), '* diff=evil filter=evil\n');
    mkdirSync(join(repository, 'hooks'), { recursive: true });
    for (const hook of ['post-checkout', 'reference-transaction', 'fsmonitor-watchman'])
      writeFileSync(join(repository, 'hooks', hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  }
  // The trap is armed: a plain git runs into it.
  git(folder, 'log', '-p', '-1', '--ext-diff', 'HEAD');
  expect(existsSync(marker)).toBe(true);
  rmSync(marker);
  expect((await bench.analyse({ repository: folder })).commits.total).toBe(30);
  expect((await bench.analyse({ repository: at('worktree') })).commits.total).toBe(30);
  expect(existsSync(marker)).toBe(false);
});

test('fetches nothing for a partial clone whose remote is a command', async () => {
  const folder = makeRepository(at('promised'), [{ files: { 'a.ts': '1\n' } }]);
  const blob = git(folder, 'rev-parse', 'main:a.ts');
  rmSync(join(folder, 'objects', blob.slice(0, 2), blob.slice(2)));
  for (const [name, value] of [
    ['core.repositoryFormatVersion', '1'],
    ['extensions.partialClone', 'origin'],
    ['remote.origin.promisor', 'true'],
    ['remote.origin.url', `ext::${program}`],
    ['protocol.ext.allow', 'always'],
    ['protocol.allow', 'always'],
    ['remote.origin.uploadpack', program],
  ] as const) {
    git(folder, 'config', name, value);
  }
  expect(() => git(folder, 'cat-file', '-p', blob)).toThrow('fatal');
  expect(existsSync(marker)).toBe(true);
  rmSync(marker);
  const error = await errorOf(bench.analyse({ repository: folder }));
  expect(error.code).toBe('source-unreadable');
  expect(existsSync(marker)).toBe(false);
});

test('a tree of 10^10 files ends at maxEntries, soon and in little memory', async () => {
  const folder = makeRepository(at('bomb'), []);
  addTreeBomb(folder, 10);
  const memoryBefore = process.memoryUsage().rss;
  const startedAt = performance.now();
  const error = await errorOf(bench.analyse({ repository: folder }));
  expect([error.code, error.retryable, error.details['maxEntries']]).toEqual(['limit-exceeded', false, 500_000]);
  expect(performance.now() - startedAt).toBeLessThan(5000);
  expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(100e6);
});

test('a tree of 10^10 files in the middle of the history ends at the memory limit of git', async () => {
  const folder = makeRepository(at('old-bomb'), [{ files: { a: '1' } }]);
  const clean = git(folder, 'rev-parse', 'main^{tree}');
  addTreeBomb(folder, 10);
  commitTree(folder, clean);
  const error = await errorOf(bench.analyse({ repository: folder }, { settings: { gitMemoryMb: 64 } }));
  expect([error.code, error.retryable]).toEqual(['limit-exceeded', false]);
  expect(error.message).toContain('needs more memory than git log may take');
});

test('as many files as maxEntries are read, one more is not', async () => {
  const files = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`f${index}`, 'x']));
  const folder = makeRepository(at('ten'), [{ files }]);
  expect((await bench.analyse({ repository: folder, options: { maxEntries: 10 } })).files.total).toBe(10);
  expect((await errorOf(bench.analyse({ repository: folder, options: { maxEntries: 9 } }))).code).toBe('limit-exceeded');
});

test('an analysis ends at its time limit', async () => {
  const folder = makeRepository(at('slow'), manyCommits(20_000));
  const startedAt = performance.now();
  const error = await errorOf(bench.analyse({ repository: folder, options: { timeLimitMs: 100 } }));
  expect([error.code, error.retryable, error.details['limit']]).toEqual(['limit-exceeded', false, 'timeLimitMs']);
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test('a name of an author of 1 MB ends the analysis and not the worker', async () => {
  const folder = makeRepository(at('author'), [{ author: `${'A'.repeat(1_000_000)} <a@example.org>`, files: { a: '1' } }]);
  expect((await errorOf(bench.analyse({ repository: folder }))).code).toBe('limit-exceeded');
});

test('a subject of 2 MB is never read', async () => {
  const folder = makeRepository(at('title'), []);
  const tree = gitWith(folder, '', 'mktree');
  const commit = gitWith(folder, 'x'.repeat(2_000_000), '-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit-tree', tree);
  git(folder, 'update-ref', 'refs/heads/main', commit);
  expect((await bench.analyse({ repository: folder })).commits.total).toBe(1);
});
