import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSources } from '../../src/cli/sources.ts';
import { messageOf } from '../../src/contract/errors.ts';
import { git } from '../activities/analyse-repositories/made-repositories.ts';
import { newFolder } from './support/command.ts';

function newRepository(folder: string): string {
  mkdirSync(folder, { recursive: true });
  git(folder, 'init', '-q', '--initial-branch=main');
  git(folder, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', 'commit', '-q', '--allow-empty', '-m', 'first');
  return folder;
}

describe('the sources of holdfast dev', () => {
  it('are the repository of the working directory, then the arguments, each once', async () => {
    const folder = newFolder();
    const [own, other] = [newRepository(join(folder, 'own')), newRepository(join(folder, 'other'))];
    mkdirSync(join(own, 'src'));
    const chosen = await chooseSources(['../../other', 'https://host.example/a/b', '..', other], { cwd: join(own, 'src') });
    expect(chosen).toEqual({
      sources: [own, other, 'https://host.example/a/b'],
      folders: [own, other, join(own, '.git'), join(other, '.git')],
      hasOwn: true,
    });
  });

  it('are the arguments alone outside of a repository', async () => {
    const folder = newFolder();
    expect(await chooseSources([], { cwd: folder })).toEqual({ sources: [], folders: [], hasOwn: false });
    expect((await chooseSources(['https://host.example/a/b'], { cwd: folder })).sources).toEqual(['https://host.example/a/b']);
  });

  it('of a linked work tree include the git folder that it leads to', async () => {
    const folder = newFolder();
    const main = newRepository(join(folder, 'main'));
    git(main, 'worktree', 'add', '-q', '../linked');
    const { sources, folders } = await chooseSources([], { cwd: join(folder, 'linked') });
    expect(sources).toEqual([join(folder, 'linked')]);
    expect(folders).toEqual([join(folder, 'linked'), join(main, '.git')]);
  });

  it.each([
    ['a folder that is not there', '../gone', 'There is no folder'],
    ['another protocol', 'http://host.example/a', 'Other protocols'],
    ['a transport of git', 'ext::sh -c true', 'Other protocols'],
    ['an scp-like address', 'git@host.example:a/b', 'There is no folder'],
    ['an option of git', '--upload-pack=touch x', 'There is no folder'],
    ['a file address', 'file:///etc', 'Other protocols'],
    ['a URL with a password', 'https://a:b@host.example/a/b', 'user or a password'],
    ['a name that commands the terminal', '\u001B[2J', 'control characters'],
  ])('are refused when one is %s', async (_what, source, says) => {
    const error: unknown = await chooseSources([source], { cwd: newFolder() }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid-options' });
    expect(messageOf(error)).toContain(says);
  });
});
