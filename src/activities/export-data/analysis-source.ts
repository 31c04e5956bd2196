/** Owns how the result of an `analyse-repositories` job becomes rows: its single figures, or the entries of one of its lists. */
import type { JobOutcome } from '../handle.ts';
import { JobError } from '../../contract/errors.ts';
import { show } from '../../contract/options.ts';
import type { ANALYSIS_TABLES } from '../../jobs/export-data.ts';
import { JsonColumns } from './json-columns.ts';
import type { JsonSlice } from './json-fields.ts';
import { rowsOf } from './ndjson-source.ts';
import type { OpenSource } from './table.ts';

export type AnalysisTable = (typeof ANALYSIS_TABLES)[number];
type Fields = Readonly<Record<string, unknown>>;

const ANALYSIS_TYPE = 'analyse-repositories';
/** Where each list stands in a report. */
const LISTS: Readonly<Record<Exclude<AnalysisTable, 'repositories'>, readonly [string, ...string[]]>> = {
  authors: ['authors', 'top'],
  languages: ['languages'],
  hotspots: ['churn', 'hotspots'],
  months: ['commits', 'byMonth'],
  licences: ['licences'],
  manifests: ['manifests'],
  dependencies: ['dependencies'],
};

/** @throws JobError `source-unreadable` for a job that is not a completed analysis, or a table without a row */
export function openAnalysis(jobId: string, table: AnalysisTable, outcome: JobOutcome | undefined): OpenSource {
  const rows = repositoriesIn(jobId, outcome).flatMap((repository) =>
    table === 'repositories' ? [figuresOf(repository)] : entriesOf(repository, table),
  );
  if (rows.length === 0)
    throw new JobError('source-unreadable', `The analysis ${show(jobId)} has no ${table}.`, { details: { jobId, table } });
  const objects = rows.map(slicesOf);
  const found = new JsonColumns();
  for (const object of objects) found.add(object);
  const { columns } = found;
  return { columns, estimatedRows: rows.length, close: () => Promise.resolve(), batches: () => rowsOf(objects, columns) };
}

function repositoriesIn(jobId: string, outcome: JobOutcome | undefined): readonly Fields[] {
  if (outcome === undefined) throw new JobError('source-unreadable', `No job has the id ${show(jobId)}.`, { details: { jobId } });
  const { type, status, output } = outcome;
  if (type !== ANALYSIS_TYPE || status !== 'completed') {
    const message = `Expected ${show(jobId)} to be a completed job of the type ${ANALYSIS_TYPE}, got one of the type ${type} that is ${status}.`;
    throw new JobError('source-unreadable', message, { details: { jobId, type, status } });
  }
  return listIn(output as Fields, 'repositories');
}

/** Every figure that stands alone, by the way to it: `commits.total`. */
function figuresOf({ report, error, ...repository }: Fields): Fields {
  return { ...flat(repository, ''), ...flat(error, 'error.'), ...flat(report, '') };
}

function flat(value: unknown, prefix: string): Fields {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(
    entries.flatMap(([name, field]): [string, unknown][] => {
      if (Array.isArray(field)) return [];
      return typeof field === 'object' && field !== null ? Object.entries(flat(field, `${prefix}${name}.`)) : [[`${prefix}${name}`, field]];
    }),
  );
}

function entriesOf({ source, name, report }: Fields, table: Exclude<AnalysisTable, 'repositories'>): Fields[] {
  const way = LISTS[table];
  const holder = way.slice(0, -1).reduce<unknown>((part, key) => (part as Fields | undefined)?.[key], report);
  // An entry may have a `name` of its own.
  return listIn(holder as Fields | undefined, way.at(-1) ?? '').map((entry) => ({ source, repository: name, ...entry }));
}

function listIn(holder: Fields | undefined, key: string): readonly Fields[] {
  const list = holder?.[key];
  return Array.isArray(list) ? (list as readonly Fields[]) : [];
}

function slicesOf(row: Fields): ReadonlyMap<string, JsonSlice> {
  return new Map(
    Object.entries(row).flatMap(([name, value]): [string, JsonSlice][] => (value === undefined ? [] : [[name, JSON.stringify(value)]])),
  );
}
