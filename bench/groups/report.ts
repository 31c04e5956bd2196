/** Owns the section of this part: what jobs that share workflows cost, and how many a second there are, by how many add at once. */
import { showSpread } from '../figures.ts';
import { HANDLER_LIMIT } from '../jobs/contender.ts';
import type { Run } from '../jobs/run.ts';
import { PROCESSES, totalOf } from '../per-process.ts';
import { type Measure, ratiosOf, roundTable } from '../round-table.ts';
import type { Round } from '../rounds.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';

export const ADDERS = [1, 50, 500] as const;
/** Fewer rounds have no meaningful median. */
export const ROUNDS_OF_A_REPORT = 3;

export interface GroupsRound {
  readonly byAdders: ReadonlyMap<number, Round<Run>>;
  /** One adder, and each job has a workflow of its own. */
  readonly plain: Run;
}

const completed: Measure<Run> = { title: 'completed a second', of: (run) => run.completedPerSecond };
const MEASURES: readonly Measure<Run>[] = [
  completed,
  { title: 'added a second', of: (run) => run.addedPerSecond },
  { title: 'add to start, p50 in ms', of: (run) => run.loadP50 },
  { title: 'add to start, p95 in ms', of: (run) => run.loadP95 },
  { title: 'CPU time of a job in ms, all together', of: (run) => totalOf(run.cpuMsPerJob) },
  ...PROCESSES.map((process) => ({ title: `of it ${process}`, of: (run: Run) => run.cpuMsPerJob[process] })),
  { title: 'added singly: to start, p50 in ms', of: (run) => run.singleP50 },
  { title: 'added singly: to start, p95 in ms', of: (run) => run.singleP95 },
];

/** Promised rates of grouped jobs by those of others, at so many adders. */
const PROMISES = [
  { adders: 50, other: 'raw', title: 'raw Temporal', least: 30 },
  { adders: 50, other: 'bullmq', title: 'BullMQ', least: 0.15 },
  { adders: 500, other: 'bullmq', title: 'BullMQ', least: 1 },
] as const;
const PROMISED_LONE = 1.1;

export function groupsSection(rounds: readonly GroupsRound[]): Section {
  return {
    title: 'Jobs that share workflows',
    method: `Figures are medians of ${rounds.length} interleaved rounds, with the least and the greatest beside them. Compare the ratios: a ratio is taken within each round, so what the machine did meanwhile falls on both sides.`,
    verdicts: verdictsOn(rounds),
    tables: ADDERS.map((adders) => ({
      title: `${adders} ${adders === 1 ? 'adder' : 'adders'}`,
      text: roundTable(roundsOf(rounds, adders), MEASURES),
    })),
    howToRead: [
      `Holdfast is a type with \`group: true\`, in one client process; an adder adds its next job when the one before is acknowledged. The job does nothing, and at most ${HANDLER_LIMIT} handlers run at once, for all contenders.`,
      'Temporal runs with `synchronous=FULL`, Redis with `appendfsync always`: an acknowledged job is on disk in both.',
      'Of Holdfast every job of the load is read back by its id afterwards: its status, its attempt and its result.',
      'How many jobs share a workflow follows from how many are added while starts are under way, at most 500. So the rate grows with the adders of a process; spread over several processes they share less.',
    ],
    notMeasured: [
      'Jobs that fail: each of them has a call of its own from its second attempt on, and costs about what a job with a workflow of its own costs.',
      'Several client or worker processes, other machines in between, Temporal on PostgreSQL or Temporal Cloud.',
    ],
  };
}

function roundsOf(rounds: readonly GroupsRound[], adders: number): readonly Round<Run>[] {
  return rounds.flatMap(({ byAdders }) => byAdders.get(adders) ?? []);
}

function verdictsOn(rounds: readonly GroupsRound[]): readonly string[] {
  const rates = PROMISES.flatMap(({ adders, other, title, least }) => {
    const ratios = ratiosOf(roundsOf(rounds, adders), completed, other);
    if (ratios.length === 0) return [];
    const ratio = spread(ratios);
    const outcome = ratio.median >= least ? 'kept' : 'NOT KEPT';
    return [`With ${adders} adders ${showSpread(ratio)} times the rate of ${title}. Promised are at least ${least}: ${outcome}.`];
  });
  const lone = spread(
    rounds.flatMap(({ byAdders, plain }) => {
      const grouped = byAdders.get(1)?.holdfast;
      return grouped === undefined ? [] : [grouped.singleP50 / plain.singleP50];
    }),
  );
  const isKept = lone.median <= PROMISED_LONE ? 'kept' : 'NOT KEPT';
  const loads = rounds.flatMap(({ byAdders }) => [...byAdders.values()].flatMap(({ holdfast }) => holdfast?.right ?? []));
  return [
    ...rates,
    `A job that is added alone starts after ${showSpread(lone)} times the time of one of a plain type. Promised are at most ${PROMISED_LONE}: ${isKept}.`,
    `Of all loads together ${loads
      .reduce((sum, count) => sum + count, 0)
      .toLocaleString('en-US')
      .replaceAll(',', ' ')} jobs were read back as completed at the first attempt with their result.`,
  ];
}
