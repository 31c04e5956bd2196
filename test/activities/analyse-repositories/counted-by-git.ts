/** Owns what git itself, and nothing else, says about a repository, in the form that a report can be compared with. */
import { textOf } from '../../../src/activities/analyse-repositories/readable-text.ts';
import type { RepositoryReport } from '../../../src/jobs/analyse-repositories.ts';
import { git, gitBytes } from './made-repositories.ts';

export interface Counts {
  readonly commits: number;
  readonly merges: number;
  readonly authors: number;
  readonly entries: number;
  readonly months: number;
  readonly added: number;
  readonly deleted: number;
  readonly lines: number;
  readonly binary: number;
}

/** git's own answers to what the report says. */
export function countedByGit(folder: string): Counts {
  const numstat = lines(git(folder, 'log', '--numstat', '--no-renames', '--no-merges', '--format=', 'HEAD')).map(cells);
  const files = lines(addedToNothing(folder).toString()).map(cells);
  const sum = (rows: string[][], column: number): number => rows.reduce((total, row) => total + (Number(row[column]) || 0), 0);
  return {
    commits: Number(git(folder, 'rev-list', '--count', 'HEAD')),
    merges: Number(git(folder, 'rev-list', '--count', '--merges', 'HEAD')),
    authors: commitsByEmail(folder).size,
    entries: lines(git(folder, 'ls-tree', '-r', 'HEAD')).length,
    months: lines(git(folder, 'log', '--format=%ad', '--date=format-local:%Y-%m', 'HEAD')).length,
    added: sum(numstat, 0),
    deleted: sum(numstat, 1),
    lines: sum(files, 0),
    binary: files.filter(([added]) => added === '-').length,
  };
}

/** What a report says of the same. */
export function countsOf({ commits, authors, files, churn }: RepositoryReport): Counts {
  return {
    commits: commits.total,
    merges: commits.merges,
    authors: authors.total,
    entries: files.total + files.submodules,
    months: commits.byMonth.reduce((sum, month) => sum + month.commits, 0),
    added: churn.added,
    deleted: churn.deleted,
    // For git a symbolic link and a submodule are files of one line.
    lines: files.lines + files.symlinks + files.submodules,
    binary: files.binary,
  };
}

/** Commits of each author, e-mail addresses after the mailmap of the last commit. */
export function commitsByEmail(folder: string): ReadonlyMap<string, number> {
  // The x keeps an empty address from being a line that is not there.
  return tally(git(folder, '-c', 'mailmap.blob=HEAD:.mailmap', 'log', '--format=x%aE', 'HEAD').split('\n'));
}

/** Commits that changed each path, merges left out. */
export function commitsByPath(folder: string): ReadonlyMap<string, number> {
  return tally(records(gitBytes(folder, 'log', '-z', '--name-only', '--no-renames', '--no-merges', '--format=', 'HEAD')));
}

/** Lines of each file of the last commit. */
export function linesByPath(folder: string): ReadonlyMap<string, number> {
  const rows = records(addedToNothing(folder, '-z')).map(cells);
  return new Map(rows.map(([added, , path = '']) => [path, Number(added) || 0]));
}

/** The files of the last commit as changes of a repository without any. */
function addedToNothing(folder: string, ...options: string[]): Buffer {
  const emptyTree = git(folder, 'hash-object', '-t', 'tree', '/dev/null');
  return gitBytes(folder, 'diff', '--numstat', '--no-renames', ...options, emptyTree, 'HEAD');
}

function tally(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Names that are not UTF-8 are written as a report writes them. */
function records(output: Buffer): string[] {
  return output
    .toString('latin1')
    .split('\0')
    .map((record) => textOf(Buffer.from(record, 'latin1')));
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function cells(line: string): string[] {
  return line.split('\t');
}
