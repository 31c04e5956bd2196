/** Owns how the result of `analyse-repositories` looks: a table with a row per repository, and the totals. Pure: output → text. */
import Table from 'cli-table3';
import type { OutputOf } from '../contract/define-job.ts';
import { formatMs } from '../contract/duration.ts';
import type { analyseRepositories, RepositoryReport, RepositoryResult } from '../jobs/analyse-repositories.ts';
import { BORDERLESS } from './plain-table.ts';
import { defused, fit, grouped, type Style, widthOf, wrapped } from './text.ts';

export type AnalysisOutput = OutputOf<typeof analyseRepositories>;

interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Widest that it gets, whatever the room. */
  readonly limit: number;
  /** Where there is no room for all columns, those with the highest number go first. */
  readonly spare: number;
  readonly value: (report: RepositoryReport) => string;
}

const GAP = 2;
const NAME_LIMIT = 40;
const NARROWEST_NAME = 16;
const ERROR_LINES = 4;
const DAYS_A_MONTH = 30.44;
const DAYS_A_YEAR = 365.25;

const COLUMNS: readonly Column[] = [
  { head: 'commits', spare: 0, align: 'right', limit: 9, value: ({ commits }) => grouped(commits.total) },
  { head: 'authors', spare: 3, align: 'right', limit: 7, value: ({ authors }) => grouped(authors.total) },
  { head: 'bus', spare: 6, align: 'right', limit: 4, value: ({ authors }) => grouped(authors.busFactor) },
  { head: 'files', spare: 1, align: 'right', limit: 9, value: ({ files }) => grouped(files.total) },
  { head: 'lines', spare: 7, align: 'right', limit: 11, value: ({ files }) => grouped(files.lines) },
  { head: 'languages', spare: 2, align: 'left', limit: 16, value: ({ languages }) => languageNames(languages) },
  { head: 'licence', spare: 4, align: 'left', limit: 12, value: ({ licences }) => licenceNames(licences) },
  { head: 'age', spare: 5, align: 'right', limit: 7, value: ({ commits }) => ageText(commits) },
  { head: 'last commit', spare: 8, align: 'left', limit: 11, value: ({ commits }) => commits.lastAt?.slice(0, 10) ?? '–' },
  { head: 'depends on', spare: 9, align: 'right', limit: 10, value: ({ manifests }) => dependencyCount(manifests) },
  { head: 'hotspot', spare: 10, align: 'left', limit: 28, value: ({ churn }) => defused(churn.hotspots[0]?.path ?? '–') },
];

/** Lines of at most `width` columns: the table, rows in the order of the input, and below it the errors of those that failed. */
export function resultTable({ repositories }: AnalysisOutput, width: number, style: Style): string[] {
  const longestName = Math.max('repository'.length, ...repositories.map(({ name }) => widthOf(defused(name))));
  const { columns, widths, room } = columnsFor(repositories, width, Math.min(NARROWEST_NAME, longestName));
  const nameWidth = Math.max(1, Math.min(NAME_LIMIT, longestName, room));
  const table = new Table({
    head: ['repository', ...columns.map(({ head }) => head)].map((head) => style('bold', head)),
    colAligns: ['left', ...columns.map(({ align }) => align)],
    colWidths: [nameWidth, ...widths],
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const result of repositories) {
    const [name, cells] = [fit(defused(result.name), nameWidth), cellsOf(result, columns)];
    table.push(cells.length > 0 ? [name, ...cells] : [name, { colSpan: columns.length, hAlign: 'left', content: endText(result, style) }]);
  }
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return [...lines, ...repositories.flatMap((result) => errorLines(result, width))];
}

/** What became of the repositories, and what was found in all of them. */
export function totalsLines({ totals }: AnalysisOutput, tookMs: number): [outcome: string, found: string] {
  const outcome = [`${totals.completed} completed`, ...(totals.failed > 0 ? [`${totals.failed} failed`] : [])].join(', ');
  const found = `${grouped(totals.commits)} commits, ${grouped(totals.files)} files, ${grouped(totals.lines)} lines`;
  return [`${counted(totals.repositories, 'repository', 'repositories')} (${outcome}) in ${formatMs(tookMs)}`, found];
}

/** `1 job`, `3 jobs` */
export function counted(count: number, one: string, several: string): string {
  return `${grouped(count)} ${count === 1 ? one : several}`;
}

interface Layout {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  /** What the columns leave for the name. */
  readonly room: number;
}

/** As many columns as leave `nameWidth` for the name. */
function columnsFor(repositories: readonly RepositoryResult[], width: number, nameWidth: number): Layout {
  let columns = COLUMNS;
  for (;;) {
    const widths = columns.map((each) =>
      Math.max(widthOf(each.head), ...repositories.map((result) => widthOf(cellsOf(result, [each])[0] ?? ''))),
    );
    const room = width - widths.reduce((sum, each) => sum + each + GAP, 0);
    if (room >= nameWidth || columns.length === 1) return { columns, widths, room };
    const last = Math.max(...columns.map(({ spare }) => spare));
    columns = columns.filter(({ spare }) => spare < last);
  }
}

/** Empty for a repository without a report. */
function cellsOf({ report }: RepositoryResult, columns: readonly Column[]): string[] {
  return report === undefined ? [] : columns.map(({ value, limit }) => fit(value(report), limit));
}

function endText({ status, attempts }: RepositoryResult, style: Style): string {
  return style('red', `${status} after ${counted(attempts, 'attempt', 'attempts')}`);
}

function errorLines({ name, error }: RepositoryResult, width: number): string[] {
  if (error === undefined) return [];
  const text = fit(`${defused(name)}: ${defused(error.message)} (${defused(error.code)})`, ERROR_LINES * width);
  return ['', ...wrapped(text, width)];
}

function languageNames(languages: RepositoryReport['languages']): string {
  const names = languages.filter(({ language }) => language !== 'Other').map(({ language }) => language);
  return names.length === 0 ? '–' : names.slice(0, 2).join(', ');
}

function licenceNames(licences: RepositoryReport['licences']): string {
  const [first, ...others] = licences;
  if (first === undefined) return 'none';
  return others.length === 0 ? defused(first.spdx) : `${defused(first.spdx)} +${others.length}`;
}

function dependencyCount(manifests: RepositoryReport['manifests']): string {
  return manifests.length === 0 ? '–' : grouped(manifests.reduce((sum, { dependencies }) => sum + dependencies, 0));
}

function ageText({ total, ageDays }: RepositoryReport['commits']): string {
  if (total === 0) return '–';
  if (ageDays < 2 * DAYS_A_MONTH) return `${Math.round(ageDays)} d`;
  return ageDays < 2 * DAYS_A_YEAR ? `${Math.round(ageDays / DAYS_A_MONTH)} mo` : `${(ageDays / DAYS_A_YEAR).toFixed(1)} y`;
}
