/** Owns what can be said to the benchmark on its command line. */
import { parseArgs } from 'node:util';
import { type ContenderName, CONTENDERS } from './contender.ts';

export interface BenchOptions {
  readonly rounds: number;
  /** Jobs of a run on Temporal, under load. */
  readonly jobs: number;
  readonly only: readonly ContenderName[];
  readonly quick: boolean;
  /** `jobs`: the contenders. `stats`: the time of `getStats` and `stats`. */
  readonly part: Part;
  /** Finished and open jobs of the part `stats`. */
  readonly finished: number;
  readonly open: number;
}

const PARTS = ['jobs', 'stats'] as const;
type Part = (typeof PARTS)[number];

export const USAGE = `npm run bench -- [options]
Runs the same no-op job through Holdfast, raw Temporal and BullMQ, interleaved, and writes docs/benchmarks.md.

  --rounds N    rounds of one run each; 5 or more make a report (default 7)
  --jobs N      jobs of a run on Temporal, under load (default 200); BullMQ gets 20 000, since fewer only time a cold start
  --only A,B    some of: ${CONTENDERS.join(', ')}
  --quick       2 rounds of few jobs: whether it works, not how fast it is
  --part P      jobs (default), or stats: how long getStats and stats take
  --finished N  finished jobs of the part stats (default 20 000)
  --open N      open jobs of the part stats (default 2000)
  --help`;

/** A mistake on the command line: its message is all that the user needs to see. */
export class UsageError extends Error {}

const QUICK = { rounds: '2', jobs: '60' };
const FULL = { rounds: '7', jobs: '200' };

/** The options, or undefined when only help was asked for. @throws UsageError */
export function readArguments(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const defaults = values.quick === true ? QUICK : FULL;
  return {
    rounds: wholeNumber('--rounds', values.rounds ?? defaults.rounds, 50),
    jobs: wholeNumber('--jobs', values.jobs ?? defaults.jobs, 10_000),
    only: values.only === undefined ? CONTENDERS : values.only.split(',').map(contenderName),
    quick: values.quick === true,
    part: values.part === undefined ? 'jobs' : partName(values.part),
    finished: wholeNumber('--finished', values.finished ?? '20000', 1_000_000),
    open: wholeNumber('--open', values.open ?? '2000', 100_000),
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

function partName(text: string): Part {
  const name = PARTS.find((known) => known === text);
  if (name === undefined) throw new UsageError(`Expected --part to be one of ${PARTS.join(', ')}, got: ${text}.`);
  return name;
}

function contenderName(text: string): ContenderName {
  const name = CONTENDERS.find((known) => known === text.trim());
  if (name === undefined) throw new UsageError(`Expected --only to list some of ${CONTENDERS.join(', ')}, got: ${text}.`);
  return name;
}
