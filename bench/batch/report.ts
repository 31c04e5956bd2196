/** Owns the section of this part: how many items a second there are, and what one costs. */
import { showSpread } from '../figures.ts';
import { type Measure, ratiosOf, roundTable } from '../round-table.ts';
import type { Round } from '../rounds.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';
import { HANDLER_LIMIT } from './contender.ts';
import { PROCESSES, totalOf } from '../per-process.ts';
import type { BatchRun } from './run.ts';

/** Fewer rounds have no meaningful median. */
export const ROUNDS_OF_A_REPORT = 3;
const PROMISED = 2;

const completed: Measure<BatchRun> = { title: 'completed a second', of: (run) => run.completedPerSecond };
const MEASURES: readonly Measure<BatchRun>[] = [
  completed,
  { title: 'added a second', of: (run) => run.addedPerSecond },
  { title: 'CPU time of an item in µs, all together', of: (run) => totalOf(run.cpuMicrosPerItem) },
  ...PROCESSES.map((process) => ({ title: `of it ${process}`, of: (run: BatchRun) => run.cpuMicrosPerItem[process] })),
  ...PROCESSES.map((process) => ({ title: `memory of the ${process} afterwards in MiB`, of: (run: BatchRun) => run.residentMiB[process] })),
];

export function batchSection(rounds: readonly Round<BatchRun>[], items: number): Section {
  const count = items.toLocaleString('en-US').replaceAll(',', ' ');
  return {
    title: 'Batches',
    method: `A batch of ${count} items that do nothing, beside as many jobs of BullMQ, added by \`addBulk\` 1 000 at a time. Figures are medians of ${rounds.length} interleaved rounds, with the least and the greatest beside them. Compare the ratios: a ratio is taken within each round.`,
    verdicts: verdictsOn(rounds),
    tables: [{ title: `${count} items`, text: roundTable(rounds, MEASURES) }],
    howToRead: [
      `Completed a second is from the first add to the end of the last item. At most ${HANDLER_LIMIT} handlers run at once, for both.`,
      'Temporal runs with `synchronous=FULL`, the payload folder flushes each file, Redis runs with `appendfsync always`: what is acknowledged is on disk.',
      'All items are read back afterwards, with their attempts and their results; the CPU time has that in it, and adding as well.',
    ],
    notMeasured: [
      'Items that fail, several worker processes, a payload folder on another machine, Temporal on PostgreSQL or Temporal Cloud.',
    ],
  };
}

function verdictsOn(rounds: readonly Round<BatchRun>[]): readonly string[] {
  const ratios = ratiosOf(rounds, completed, 'bullmq');
  const right = rounds.flatMap(({ holdfast }) => holdfast?.right ?? []);
  const readBack = `Of all batches together ${right.reduce((sum, one) => sum + one, 0)} items were read back as completed at the first attempt with their result.`;
  if (ratios.length === 0) return [readBack];
  const ratio = spread(ratios);
  return [
    `${showSpread(ratio)} times the rate of BullMQ's \`addBulk\`. Promised are at least ${PROMISED}: ${ratio.median >= PROMISED ? 'kept' : 'NOT KEPT'}.`,
    readBack,
  ];
}
