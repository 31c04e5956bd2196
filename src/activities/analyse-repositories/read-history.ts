/**
 * Owns the one pass over a repository's history: commits, authors, months, and which files changed how much. Streamed from
 * `git log --numstat`; kept are one entry per author and month, and counters of files.
 */
import { type GitPlace, gitText, runGit, runTogether } from './git-process.ts';
import { shortTextOf, textOf } from './readable-text.ts';
import { readRecords } from './records.ts';
import type { TreeFile } from './read-tree.ts';

export interface Author {
  /** That of the commit with the latest author date. */
  name: string;
  /** Seconds since 1970 of that date; -1 when it is not sane. */
  namedAt: number;
  commits: number;
}

/** How often and how much a file changed. */
export interface Changes {
  commits: number;
  added: number;
  deleted: number;
}

/** All of it is sums and latest values: what is read in two parts, in any order, is the same as what is read at once. */
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
  /** By path: of the files that are there, and with `keepsVanished` of those that were. */
  readonly changes: Map<string, Changes>;
  /** There were too many files to keep what vanished: the history cannot be continued from here. */
  isCut: boolean;
}

export interface HistoryOptions {
  readonly commit: string;
  /** An ancestor of `commit` whose history has been read. */
  readonly since?: string;
  /** Number of commits that are read, if it is known. */
  readonly commits?: number;
  /** The files at `commit`, by path. */
  readonly files: ReadonlyMap<string, TreeFile>;
  /** A file that has gone may come back in a later commit, and brings its changes along. Needed to continue later. */
  readonly keepsVanished: boolean;
  readonly onProgress: (commits: number, total: number) => void;
}

const COMMIT_MARK = 1;
const NEWLINE = 10;
const TAB = 9;
const MINUS = 45;
const ZERO = 48;
const MAX_NAME_BYTES = 100;
const MAX_EMAIL_BYTES = 320;
/** Paths of a history whose changes are kept; about 150 bytes each. */
const MAX_PATHS = 1_000_000;
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

/** Adds to `history` what the commits since the last one hold. */
export async function readHistory(place: GitPlace, history: History, options: HistoryOptions): Promise<void> {
  const { commit, since, onProgress } = options;
  const range = since === undefined ? [commit, '--'] : [commit, `^${since}`, '--'];
  const before = history.commits;
  const onRecord = recordReader(history, options);
  // Also where there is a work tree, the mailmap is that of the commit.
  const args = ['-c', `mailmap.blob=${commit}:.mailmap`, ...LOG, ...LOG_FORMAT, ...range];
  let total = options.commits;
  const count = async (place: GitPlace): Promise<void> => {
    total ??= Number(await gitText(place, ['rev-list', '--count', ...range]));
    onProgress(0, total);
  };
  const read = async (place: GitPlace): Promise<void> =>
    await runGit(place, { args }, async (output) => {
      let reported = 0;
      await readRecords(output, (record) => {
        onRecord(record);
        const done = history.commits - before;
        if (total === undefined || done < reported + 50) return;
        reported = done;
        onProgress(done, Math.max(total, done));
      });
    });
  // How many there are is needed for the progress only: that is no reason to wait.
  await runTogether(place, [count, read]);
  const done = history.commits - before;
  if (done > 0) onProgress(done, done);
}

/** The history of a repository without commits. */
export function emptyHistory(): History {
  const none = { commits: 0, merges: 0, firstAt: undefined, lastAt: undefined, added: 0, deleted: 0 };
  return { ...none, authors: new Map(), months: new Map(), changes: new Map(), isCut: false };
}

/** Takes the records one by one: the three that follow a commit's mark are its other fields, all others are files. */
function recordReader(history: History, options: HistoryOptions): (record: Buffer) => void {
  let at = -1;
  let email = '';
  const takeField = [
    (record: Buffer) => {
      email = textOf(record.subarray(0, MAX_EMAIL_BYTES));
    },
    (record: Buffer) => addAuthor(history, { email, at, name: record }),
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
      at = addCommit(history, record);
      field = 0;
    } else addChange(history, options, record);
  };
}

/** Counts the commit; gives the seconds of its author date, -1 when it has no sane one. */
function addCommit(history: History, record: Buffer): number {
  history.commits += 1;
  const seconds = Number(record.toString('latin1', 1) || Number.NaN);
  if (!(seconds >= 0 && seconds <= MAX_SECONDS)) return -1;
  history.firstAt = Math.min(seconds, history.firstAt ?? seconds);
  history.lastAt = Math.max(seconds, history.lastAt ?? seconds);
  const month = new Date(seconds * 1000).toISOString().slice(0, 7);
  history.months.set(month, (history.months.get(month) ?? 0) + 1);
  return seconds;
}

function addAuthor({ authors }: History, { email, at, name }: { email: string; at: number; name: Buffer }): void {
  const author = authors.get(email);
  if (author === undefined) {
    authors.set(email, { name: shortTextOf(name, MAX_NAME_BYTES), namedAt: at, commits: 1 });
    return;
  }
  author.commits += 1;
  if (at < author.namedAt) return;
  const text = shortTextOf(name, MAX_NAME_BYTES);
  // Of two names of one second either would do, but it must be the same one in whatever order they come.
  if (at === author.namedAt && text >= author.name) return;
  author.name = text;
  author.namedAt = at;
}

function addChange(history: History, options: HistoryOptions, record: Buffer): void {
  const addedAt = record[0] === NEWLINE ? 1 : 0;
  const deletedAt = record.indexOf(TAB, addedAt) + 1;
  const pathAt = record.indexOf(TAB, deletedAt) + 1;
  const added = numberAt(record, addedAt);
  const deleted = numberAt(record, deletedAt);
  history.added += added;
  history.deleted += deleted;
  const changes = changesOf(history, options, textOf(record.subarray(pathAt)));
  if (changes === undefined) return;
  changes.commits += 1;
  changes.added += added;
  changes.deleted += deleted;
}

function changesOf(history: History, { files, keepsVanished }: HistoryOptions, path: string): Changes | undefined {
  const known = history.changes.get(path);
  if (known !== undefined) return known;
  const file = files.get(path);
  if (file === undefined && !keepsVanished) return undefined;
  if (file === undefined && history.changes.size >= MAX_PATHS) {
    history.isCut = true;
    return undefined;
  }
  const changes = { commits: 0, added: 0, deleted: 0 };
  // The same text as in the list of files, not a copy of it.
  history.changes.set(file?.path ?? path, changes);
  return changes;
}

/** Digits up to the next tab; `-` (a binary file) is 0. */
function numberAt(record: Buffer, start: number): number {
  let value = 0;
  for (let at = start; record[at] !== TAB && record[at] !== MINUS && at < record.length; at += 1) {
    value = value * 10 + (record[at] ?? ZERO) - ZERO;
  }
  return value;
}
