import { chownSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { git, makeRepository, manyCommits } from './made-repositories.ts';
import { errorOf } from '../../support/job-error.ts';
import { Bench } from './run-analysis.ts';

const bench = new Bench();
const at = (name: string): string => join(bench.repositories, name);
afterEach(() => expect(bench.leftovers()).toEqual([]));
afterAll(() => bench.remove());

test('an empty repository has a report of zeros', async () => {
  const { head, commits, authors, files } = await bench.analyse({ repository: makeRepository(at('empty'), []) });
  expect(head).toEqual({ commit: null, branch: 'main', isShallow: false, objectFormat: 'sha1' });
  expect([commits.total, commits.firstAt, authors.busFactor, files.total]).toEqual([0, null, 0, 0]);
});

test('an unborn HEAD beside another branch has a report of zeros', async () => {
  const { head, commits } = await bench.analyse({ repository: makeRepository(at('unborn'), [{ branch: 'other', files: { a: '1' } }]) });
  expect([head.branch, head.commit, commits.total]).toEqual(['main', null, 0]);
});

test('a commit without files is counted', async () => {
  const { commits, files } = await bench.analyse({ repository: makeRepository(at('bare-commit'), [{}]) });
  expect([commits.total, files.total]).toEqual([1, 0]);
});

test('a detached HEAD has no branch', async () => {
  const folder = makeRepository(at('detached'), [{ files: { a: '1' } }, { files: { a: '2' } }]);
  git(folder, 'update-ref', '--no-deref', 'HEAD', git(folder, 'rev-parse', 'main~1'));
  const { head, commits } = await bench.analyse({ repository: folder });
  expect([head.branch, commits.total]).toEqual([null, 1]);
});

test('a shallow clone says so and counts what is there', async () => {
  const folder = makeRepository(at('deep'), manyCommits(20));
  git(bench.repositories, 'clone', '-q', '--bare', '--depth=5', `file://${folder}`, at('shallow'));
  const { head, commits } = await bench.analyse({ repository: at('shallow') });
  expect([head.isShallow, commits.total]).toEqual([true, 5]);
});

test('a SHA-256 repository is read like any other', async () => {
  const { head, commits, files } = await bench.analyse({
    repository: makeRepository(at('sha256'), manyCommits(20), ['--object-format=sha256']),
  });
  expect([head.objectFormat, head.commit?.length, commits.total, files.total]).toEqual(['sha256', 64, 20, 20]);
});

test('names that are not UTF-8 stay different, and count in history and tree', async () => {
  const folder = makeRepository(at('latin1'), [
    { files: { '"caf\\351.ts"': 'a\n', '"caf\\350.ts"': 'b\n', 'größe.ts': 'c\n' } },
    { files: { '"caf\\351.ts"': 'a\nb\n', 'größe.ts': 'c\nd\n' } },
  ]);
  const { files, churn } = await bench.analyse({ repository: folder });
  expect(files).toMatchObject({ total: 3, lines: 5 });
  expect(churn.hotspots.map(({ path }) => path)).toEqual(['caf\\351.ts', 'größe.ts']);
});

test('names with newlines, tabs and dashes are names', async () => {
  const folder = makeRepository(at('names'), [
    { files: { '"a\\nb.ts"': '1\n', '"a\\tb.ts"': '2\n', '--upload-pack=x': '3\n', '1\t2\tx': '4\n' } },
  ]);
  const { files, churn } = await bench.analyse({ repository: folder });
  expect([files.total, files.lines, churn.added]).toEqual([4, 4, 4]);
});

test('a work tree is read at its HEAD, without its uncommitted changes, also when it is a linked one', async () => {
  const folder = makeRepository(at('origin'), [{ files: { 'a.ts': '1\n' } }]);
  git(bench.repositories, 'clone', '-q', folder, at('clone'));
  git(at('clone'), 'worktree', 'add', '-q', '-b', 'wip', at('linked'));
  writeFileSync(join(at('clone'), 'a.ts'), '1\n2\n3\n');
  writeFileSync(join(at('clone'), '.mailmap'), 'X <x@example.org> <ann@example.org>\n');
  const { files } = await bench.analyse({ repository: at('clone') });
  const { head } = await bench.analyse({ repository: at('linked') });
  expect([files.lines, head.branch]).toEqual([1, 'wip']);
});

test('a repository of another user is read, and nothing in it changes', async () => {
  const folder = makeRepository(at('foreign'), manyCommits(30));
  if (process.getuid?.() === 0) chownSync(folder, 12_345, 12_345);
  const listing = (): string[] =>
    readdirSync(folder, { recursive: true }).map((name) => `${String(name)} ${statSync(join(folder, String(name))).mtimeMs}`);
  const before = listing();
  expect((await bench.analyse({ repository: folder })).commits.total).toBe(30);
  expect(listing()).toEqual(before);
});

test('a repository with a missing object is a clear error', async () => {
  const folder = makeRepository(at('missing'), [{ files: { 'a.ts': '1\n', 'b.ts': '2\n' } }]);
  const blob = git(folder, 'rev-parse', 'main:a.ts');
  rmSync(join(folder, 'objects', blob.slice(0, 2), blob.slice(2)));
  const error = await errorOf(bench.analyse({ repository: folder }));
  expect([error.code, error.retryable]).toEqual(['source-unreadable', false]);
  expect(error.message).toContain(blob);
});

test('a HEAD whose commit is gone is a clear error', async () => {
  const folder = makeRepository(at('broken'), [{ files: { a: '1' } }]);
  writeFileSync(join(folder, 'refs/heads/main'), `${'1'.repeat(40)}\n`);
  const error = await errorOf(bench.analyse({ repository: folder }));
  expect(error.code).toBe('source-unreadable');
});

test.each([
  ['a folder that is no repository', 'plain', 'source-unreadable'],
  ['a folder that does not exist', 'nowhere', 'source-unreadable'],
])('%s is a clear error', async (_title, name, code) => {
  mkdirSync(at('plain'), { recursive: true });
  const error = await errorOf(bench.analyse({ repository: at(name) }));
  expect([error.code, error.retryable]).toEqual([code, false]);
  expect(error.message).toContain('No git repository is at');
});

test('a ref that does not exist is a clear error', async () => {
  const folder = makeRepository(at('no-ref'), [{ files: { a: '1' } }]);
  const error = await errorOf(bench.analyse({ repository: { source: folder, ref: 'nope' } }));
  expect([error.code, error.message]).toEqual(['source-unreadable', 'The repository has no branch, tag or commit "nope".']);
});

test('a config that git cannot read is a clear error', async () => {
  const folder = makeRepository(at('unreadable'), [{ files: { a: '1' } }]);
  writeFileSync(join(folder, 'config'), '[core\n');
  expect((await errorOf(bench.analyse({ repository: folder }))).code).toBe('source-unreadable');
});
