/** Owns repositories made for tests, through `git fast-import`: thousands of commits in a fraction of a second. */
import { execFileSync } from 'node:child_process';

export interface MadeCommit {
  readonly branch?: string;
  readonly author?: string;
  /** Seconds since 1970. */
  readonly at?: number;
  /** Content by path; null deletes. A Buffer key is not possible, so a path may be given quoted as fast-import takes it. */
  readonly files?: Readonly<Record<string, string | Buffer | null>>;
  /** Target by path. */
  readonly symlinks?: Readonly<Record<string, string>>;
  /** Commit id by path. */
  readonly submodules?: Readonly<Record<string, string>>;
  /** Branches that are merged in. */
  readonly merges?: readonly string[];
  /** Branch that a new one starts from. */
  readonly from?: string;
}

export const START = Date.UTC(2024, 0, 1) / 1000;
export const DAY = 86_400;

/** git with the caller's settings left out. */
export function git(folder: string, ...args: string[]): string {
  return gitBytes(folder, ...args)
    .toString('utf8')
    .trim();
}

export function gitBytes(folder: string, ...args: string[]): Buffer {
  return execFileSync('git', args, { cwd: folder, env: cleanEnvironment(), maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Makes a bare repository at `folder` with these commits; HEAD is on `main`. */
export function makeRepository(folder: string, commits: Iterable<MadeCommit>, options: readonly string[] = []): string {
  execFileSync('git', ['init', '-q', '--bare', '--initial-branch=main', ...options, folder], { env: cleanEnvironment() });
  return addCommits(folder, commits);
}

/** Adds commits to a repository. `from: 'main^0'` continues a branch that is there; without it a new history takes its place. */
export function addCommits(folder: string, commits: Iterable<MadeCommit>): string {
  execFileSync('git', ['fast-import', '--quiet', '--force'], {
    cwd: folder,
    input: stream(commits),
    env: cleanEnvironment(),
    maxBuffer: 1e9,
  });
  return folder;
}

/** `count` commits by `authors` people over `files` files, a few lines each. */
export function* manyCommits(count: number, { authors = 10, files = 50 } = {}): Iterable<MadeCommit> {
  for (let index = 0; index < count; index += 1) {
    const path = `src/module-${index % files}.ts`;
    const author = `Person ${index % authors} <person${index % authors}@example.org>`;
    const lines = Array.from({ length: 20 + (index % 7) }, (_line, line) => `export const value${line} = ${(index * 31 + line) % 97};`);
    yield { author, at: START + index * 3600, files: { [path]: `${lines.join('\n')}\n` } };
  }
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
}

function stream(commits: Iterable<MadeCommit>): Buffer {
  const parts: (string | Buffer)[] = [];
  let at = START;
  for (const commit of commits) {
    at = commit.at ?? at + DAY;
    parts.push(header(commit, at));
    for (const [path, content] of Object.entries(commit.files ?? {})) parts.push(...fileChange(path, content));
    for (const [path, target] of Object.entries(commit.symlinks ?? {})) parts.push(`M 120000 inline ${path}\n`, ...data(target));
    for (const [path, id] of Object.entries(commit.submodules ?? {})) parts.push(`M 160000 ${id} ${path}\n`);
    parts.push('\n');
  }
  parts.push('done\n');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function header({ branch = 'main', author = 'Ann <ann@example.org>', merges = [], from }: MadeCommit, at: number): string {
  const parents = [...(from === undefined ? [] : [`from refs/heads/${from}`]), ...merges.map((merged) => `merge refs/heads/${merged}`)];
  const message = 'change\n';
  return [
    `commit refs/heads/${branch}`,
    `author ${author} ${at} +0000`,
    `committer ${author} ${at} +0000`,
    `data ${message.length}`,
    message,
    ...parents,
    '',
  ].join('\n');
}

function fileChange(path: string, content: string | Buffer | null): (string | Buffer)[] {
  return content === null ? [`D ${path}\n`] : [`M 100644 inline ${path}\n`, ...data(content)];
}

function data(content: string | Buffer): (string | Buffer)[] {
  const bytes = Buffer.from(content);
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

/** Adds a commit on `main` of 10^`levels` files: each tree names the one below ten times. */
export function addTreeBomb(folder: string, levels: number): void {
  const blob = gitWith(folder, 'x\n', 'hash-object', '-w', '--stdin');
  const entries = (mode: string, type: string, id: string): string =>
    Array.from({ length: 10 }, (_, index) => `${mode} ${type} ${id}\td${index}\n`).join('');
  let tree = gitWith(folder, entries('100644', 'blob', blob), 'mktree');
  for (let level = 1; level < levels; level += 1) tree = gitWith(folder, entries('040000', 'tree', tree), 'mktree');
  commitTree(folder, tree);
}

/** Adds a commit on `main` with this tree. */
export function commitTree(folder: string, tree: string): void {
  const parent = git(folder, 'for-each-ref', '--format=%(objectname)', 'refs/heads/main');
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org'];
  const commit = gitWith(folder, 'bomb\n', ...identity, 'commit-tree', tree, ...(parent === '' ? [] : ['-p', parent]));
  git(folder, 'update-ref', 'refs/heads/main', commit);
}

/** git with a text as its input. */
export function gitWith(folder: string, input: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, input, encoding: 'utf8', env: cleanEnvironment() }).trim();
}
