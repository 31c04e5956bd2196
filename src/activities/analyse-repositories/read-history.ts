/**
 * Owns the one pass over a repository's history: commits, authors, months, and which files changed how much. Streamed from
 * `git log --numstat`; kept are one entry per author and month, and counters of the files that are still there.
 */
import { type GitPlace, gitText, runGit } from './git-process.ts';
import { shortTextOf, textOf } from './readable-text.ts';
import { readRecords } from './records.ts';
import type { TreeFile } from './read-tree.ts';

export interface Author {
  /** The name of the newest commit. */
  readonly name: string;
  commits: number;
}

export interface History {
  commits: number;
  merges: number;
  /** Seconds since 1970, of the author dates. Undefined when no commit has a sane one. */
  firstAt: number | undefined;
  lastAt: number | undefined;
  added: number;
  deleted: number;
  /** By e-mail address after the mailmap. */
  readonly authors: Map<string, Author>;
  /** By `YYYY-MM`, UTC. */
  readonly months: Map<string, number>;
}

export interface HistoryOptions {
  /** The files whose counters are filled in, by path. */
  readonly files: ReadonlyMap<string, TreeFile>;
  readonly onProgress: (commits: number, total: number) => void;
}

const COMMIT_MARK = 1;
const NEWLINE = 10;
const TAB = 9;
const MINUS = 45;
const ZERO = 48;
const MAX_NAME_BYTES = 100;
const MAX_EMAIL_BYTES = 320;
/** Before the year 10 000. */
const MAX_SECONDS = 253_402_300_799;
/** A commit is `\x01<seconds>`, e-mail, name and parents; then each file as `<added>\t<deleted>\t<path>`, the first after a newline. */
const FORMAT = 'tformat:%x01%at%x00%aE%x00%aN%x00%P';
const LOG = [
  'log',
  '-z',
  '--numstat',
  '--no-renames',
  '--no-relative',
  '--diff-merges=off',
  '--no-ext-diff',
  '--no-textconv',
  '--no-show-signature',
];
const LOG_FORMAT = ['--no-color', '--no-notes', '--no-decorate', '--ignore-submodules=none', '--submodule=short', `--format=${FORMAT}`];

/** What the history up to `commit` holds. */
export async function readHistory(place: GitPlace, commit: string, { files, onProgress }: HistoryOptions): Promise<History> {
  const total = Number(await gitText(place, ['rev-list', '--count', commit, '--']));
  const history = emptyHistory();
  const onRecord = recordReader(history, files);
  // Also where there is a work tree, the mailmap is that of the commit.
  const args = ['-c', `mailmap.blob=${commit}:.mailmap`, ...LOG, ...LOG_FORMAT, commit, '--'];
  await runGit(place, { args }, async (output) => {
    let reported = 0;
    await readRecords(output, (record) => {
      onRecord(record);
      if (history.commits < reported + 50) return;
      reported = history.commits;
      onProgress(history.commits, Math.max(total, history.commits));
    });
  });
  return history;
}

/** The history of a repository without commits. */
export function emptyHistory(): History {
  return { commits: 0, merges: 0, firstAt: undefined, lastAt: undefined, added: 0, deleted: 0, authors: new Map(), months: new Map() };
}

/** Takes the records one by one: the three that follow a commit's mark are its other fields, all others are files. */
function recordReader(history: History, files: ReadonlyMap<string, TreeFile>): (record: Buffer) => void {
  let email = '';
  const takeField = [
    (record: Buffer) => {
      email = textOf(record.subarray(0, MAX_EMAIL_BYTES));
    },
    (record: Buffer) => addAuthor(history, email, record),
    (record: Buffer) => {
      // Two parents have a space between them.
      if (record.includes(' ')) history.merges += 1;
    },
  ];
  let field = takeField.length;
  return (record) => {
    const take = takeField[field];
    if (take !== undefined) {
      take(record);
      field += 1;
    } else if (record[0] === COMMIT_MARK) {
      addCommit(history, record);
      field = 0;
    } else addChange(history, files, record);
  };
}

function addCommit(history: History, record: Buffer): void {
  history.commits += 1;
  const seconds = Number(record.toString('latin1', 1) || Number.NaN);
  if (!(seconds >= 0 && seconds <= MAX_SECONDS)) return;
  history.firstAt = Math.min(seconds, history.firstAt ?? seconds);
  history.lastAt = Math.max(seconds, history.lastAt ?? seconds);
  const month = new Date(seconds * 1000).toISOString().slice(0, 7);
  history.months.set(month, (history.months.get(month) ?? 0) + 1);
}

function addAuthor(history: History, email: string, name: Buffer): void {
  const author = history.authors.get(email);
  if (author === undefined) history.authors.set(email, { name: shortTextOf(name, MAX_NAME_BYTES), commits: 1 });
  else author.commits += 1;
}

function addChange(history: History, files: ReadonlyMap<string, TreeFile>, record: Buffer): void {
  const addedAt = record[0] === NEWLINE ? 1 : 0;
  const deletedAt = record.indexOf(TAB, addedAt) + 1;
  const pathAt = record.indexOf(TAB, deletedAt) + 1;
  const added = numberAt(record, addedAt);
  const deleted = numberAt(record, deletedAt);
  history.added += added;
  history.deleted += deleted;
  const file = files.get(textOf(record.subarray(pathAt)));
  if (file === undefined) return;
  file.commits += 1;
  file.added += added;
  file.deleted += deleted;
}

/** Digits up to the next tab; `-` (a binary file) is 0. */
function numberAt(record: Buffer, start: number): number {
  let value = 0;
  for (let at = start; record[at] !== TAB && record[at] !== MINUS && at < record.length; at += 1) {
    value = value * 10 + (record[at] ?? ZERO) - ZERO;
  }
  return value;
}
