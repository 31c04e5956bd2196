/** Owns the section of this part: how fast rows are exported, in how much memory. */
import { digits, showSpread } from '../figures.ts';
import { alignedTable } from '../markdown-table.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';
import { type ExportRun, type Way, WAYS } from './run.ts';

export type ExportRound = Record<Way, ExportRun>;

export interface ExportFacts {
  readonly rows: number;
  readonly postgresVersion: string;
}

export const ROUNDS_OF_A_REPORT = 3;
/** CSV is to be made at this part of psql's rate, or more. */
const AIM_RATIO = 0.5;
/** No worker that exports is to take more memory. */
const MOST_MIB = 300;
const MEGABYTE = 1e6;
const TITLES: Readonly<Record<Way, string>> = {
  psql: 'psql `\\copy`, CSV',
  csv: 'CSV',
  'csv.gz': 'CSV, gzip',
  ndjson: 'NDJSON',
  parquet: 'Parquet',
};

export function exportSection(rounds: readonly ExportRound[], { rows, postgresVersion }: ExportFacts): Section {
  return {
    title: 'Exports from PostgreSQL',
    method: `${rows} rows of five columns, read by a query in the order of the primary key. Figures are medians of ${rounds.length} interleaved rounds, with the least and the greatest beside them.`,
    verdicts: verdictsOn(rounds),
    tables: [
      {
        title: `${rows} rows`,
        text: alignedTable(
          ['', 'rows a second', '÷ psql', 'peak memory, MiB', 'before the job', 'CPU, s', 'file, MB'],
          WAYS.map((way) => rowOf(rounds, way)),
        ),
      },
    ],
    howToRead: [
      `PostgreSQL ${postgresVersion} runs on the same machine, with its pages in memory: both cores are busy, one with the server.`,
      'The time is that of the job as its client sees it, from `add` to `result`: queue, plan, rows, parts, the file made of the parts, its hash, its description. That of psql is from its start to its end.',
      'Memory and CPU are those of the worker process, from its start and over the job. It serves `export-data` alone; each further queue of a worker takes memory of its own.',
      "Files are flushed to the disk before they count as made. psql leaves that to the operating system's own time.",
    ],
    notMeasured: [
      'A database on another machine, where the network is the limit sooner.',
      'Wide rows, and queries that are slow by themselves.',
    ],
  };
}

function rowOf(rounds: readonly ExportRound[], way: Way): readonly string[] {
  const of = (figure: (run: ExportRun) => number): string => showSpread(spread(rounds.map((round) => figure(round[way]))));
  const isJob = way !== 'psql';
  return [
    TITLES[way],
    of(({ rowsPerSecond }) => rowsPerSecond),
    isJob ? showSpread(spread(ratiosOf(rounds, way))) : '',
    isJob ? of(({ peakMiB }) => peakMiB) : '',
    isJob ? of(({ idleMiB }) => idleMiB) : '',
    isJob ? of(({ cpuMs }) => cpuMs / 1000) : '',
    of(({ bytes }) => bytes / MEGABYTE),
  ];
}

/** Rows a second by those of psql, round by round. */
function ratiosOf(rounds: readonly ExportRound[], way: Way): readonly number[] {
  return rounds.map((round) => round[way].rowsPerSecond / round.psql.rowsPerSecond);
}

function verdictsOn(rounds: readonly ExportRound[]): readonly string[] {
  const { median } = spread(ratiosOf(rounds, 'csv'));
  const peak = Math.max(...rounds.flatMap((round) => WAYS.filter((way) => way !== 'psql').map((way) => round[way].peakMiB)));
  return [
    `CSV is exported at ${digits(median)} times the rate of psql's \\copy. The aim is ${AIM_RATIO}: ${median >= AIM_RATIO ? 'reached' : 'NOT REACHED'}.`,
    `No worker took more than ${digits(peak)} MiB. At most ${MOST_MIB} are promised: ${peak <= MOST_MIB ? 'kept' : 'NOT KEPT'}.`,
  ];
}
