/** Owns what can be said to the benchmark on its command line. */
import { parseArgs } from 'node:util';
import { type ContenderName, CONTENDERS } from './contender.ts';

/** In the order of the report. */
export const PARTS = ['jobs', 'groups', 'batch', 'cancel', 'recovery', 'heartbeat', 'stats', 'export', 'analysis', 'api'] as const;
export type PartName = (typeof PARTS)[number];

export interface BenchOptions {
  readonly part: PartName;
  readonly rounds: number;
  /** Jobs of a run on Temporal. */
  readonly jobs: number;
  readonly only: readonly ContenderName[];
  readonly quick: boolean;
  /** Finished and open jobs of the part `stats`. */
  readonly finished: number;
  readonly open: number;
  /** Rows of the part `export`. */
  readonly rows: number;
  /** Commits of the repository of the part `analysis`. */
  readonly commits: number;
}

type NumberName = 'rounds' | 'jobs' | 'finished' | 'open' | 'rows' | 'commits';
type Numbers = Readonly<Partial<Record<NumberName, number>>>;

/** The numbers that a part goes by, and what they are when nothing is said. It takes no others. */
const DEFAULTS: Readonly<Record<PartName, { readonly full: Numbers; readonly quick: Numbers }>> = {
  jobs: { full: { rounds: 7, jobs: 200 }, quick: { rounds: 2, jobs: 60 } },
  groups: { full: { rounds: 3 }, quick: { rounds: 1 } },
  batch: { full: { rounds: 5, jobs: 100_000 }, quick: { rounds: 1, jobs: 5000 } },
  cancel: { full: { rounds: 2, jobs: 200 }, quick: { rounds: 1, jobs: 20 } },
  recovery: { full: { rounds: 5 }, quick: { rounds: 1 } },
  heartbeat: { full: { rounds: 3, jobs: 100 }, quick: { rounds: 1, jobs: 20 } },
  stats: { full: { finished: 20_000, open: 2000 }, quick: { finished: 200, open: 50 } },
  export: { full: { rounds: 3, rows: 5_000_000 }, quick: { rounds: 1, rows: 50_000 } },
  api: { full: { rounds: 3, jobs: 1000 }, quick: { rounds: 1, jobs: 100 } },
  analysis: { full: { rounds: 5, commits: 50_000 }, quick: { rounds: 1, commits: 2000 } },
};
const GREATEST: Readonly<Record<NumberName, number>> = {
  rounds: 50,
  jobs: 1_000_000,
  finished: 1_000_000,
  open: 100_000,
  rows: 100_000_000,
  commits: 1_000_000,
};

export const USAGE = `npm run bench -- [options]
Measures Holdfast beside raw Temporal and BullMQ in one run, and writes the part's section of docs/benchmarks.md.

  --part P      what is measured:
                  jobs (default)  CPU time, rate and latency of a job that does nothing
                  groups          the same with jobs that share workflows, added by 1, 50 and 500 at once
                  batch           the same as one batch, beside BullMQ's addBulk
                  cancel          from a cancel to the handler's signal, one at a time and all at once
                  recovery        from a worker's kill -9 to the next attempt of its job
                  heartbeat       CPU time of a heartbeat
                  stats           how long getStats and stats take beside many jobs
                  export          rows a second and memory of export-data, beside psql's \\copy
                  analysis        the job analyse-repositories beside git log --numstat alone
                  api             adds over HTTP beside adds of a client, and the memory of viewers
  --rounds N    rounds of one run each (jobs 7, groups 3, batch 5, cancel 2, recovery 5 kills, heartbeat 3, export 3, analysis 5, api 3)
  --jobs N      jobs of a run on Temporal (jobs 200, batch 100 000 items, cancel 200, heartbeat 100, api 1000); in the part jobs BullMQ gets 20 000, since fewer
                only time a cold start
  --finished N  finished jobs of the part stats (20 000)
  --open N      open jobs of the part stats (2000)
  --rows N      rows of the part export (5 000 000)
  --commits N   commits of the repository of the part analysis (50 000)
  --only A,B    some of: ${CONTENDERS.join(', ')}
  --quick       few rounds of few jobs: whether it works, not how fast it is
  --help`;

/** A mistake on the command line: its message is all that the user needs to see. */
export class UsageError extends Error {}

/** The options, or undefined when only help was asked for. @throws UsageError */
export function readArguments(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const part = values.part === undefined ? 'jobs' : partName(values.part);
  const quick = values.quick === true;
  const number = (name: NumberName): number => {
    const byDefault = DEFAULTS[part][quick ? 'quick' : 'full'][name];
    const given = values[name];
    if (given === undefined) return byDefault ?? 0;
    if (byDefault === undefined) throw new UsageError(`The part ${part} takes no --${name}.`);
    return wholeNumber(`--${name}`, given, GREATEST[name]);
  };
  return {
    part,
    rounds: number('rounds'),
    jobs: number('jobs'),
    only: values.only === undefined ? CONTENDERS : values.only.split(',').map(contenderName),
    quick,
    finished: number('finished'),
    open: number('open'),
    rows: number('rows'),
    commits: number('commits'),
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      rounds: { type: 'string' },
      jobs: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean' },
      part: { type: 'string' },
      finished: { type: 'string' },
      open: { type: 'string' },
      rows: { type: 'string' },
      commits: { type: 'string' },
      help: { type: 'boolean' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError(`Expected ${option} to be a whole number from 1 to ${max}, got: ${text}.`);
}

function partName(text: string): PartName {
  const name = PARTS.find((known) => known === text);
  if (name === undefined) throw new UsageError(`Expected --part to be one of ${PARTS.join(', ')}, got: ${text}.`);
  return name;
}

function contenderName(text: string): ContenderName {
  const name = CONTENDERS.find((known) => known === text.trim());
  if (name === undefined) throw new UsageError(`Expected --only to list some of ${CONTENDERS.join(', ')}, got: ${text}.`);
  return name;
}
