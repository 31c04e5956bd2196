/** Owns the section of this part: what a job that does nothing costs, in figures beside their ratios. */
import type { ContenderName } from '../contender.ts';
import { showSpread } from '../figures.ts';
import { type Measure, ratiosOf, roundTable } from '../round-table.ts';
import type { Round } from '../rounds.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';
import { HANDLER_LIMIT } from './contender.ts';
import { PROCESSES, totalOf } from '../per-process.ts';
import { ADDERS, type Run } from './run.ts';

/** CPU time of a job against raw Temporal that Holdfast promises not to exceed. */
const PROMISED_RATIO = 1.1;
/** Fewer rounds have no meaningful median. */
export const ROUNDS_OF_A_REPORT = 5;

const cpuOfJob: Measure<Run> = { title: 'all together', of: (run) => totalOf(run.cpuMsPerJob) };

const TABLES: readonly { readonly title: string; readonly measures: readonly Measure<Run>[] }[] = [
  {
    title: 'CPU time of a job, in ms',
    measures: [cpuOfJob, ...PROCESSES.map((process) => ({ title: process, of: (run: Run) => run.cpuMsPerJob[process] }))],
  },
  {
    title: 'Jobs a second',
    measures: [
      { title: 'added', of: (run) => run.addedPerSecond },
      { title: 'completed', of: (run) => run.completedPerSecond },
    ],
  },
  {
    title: 'From add to the start of the handler, in ms',
    measures: [
      { title: 'one by one, p50', of: (run) => run.singleP50 },
      { title: 'one by one, p95', of: (run) => run.singleP95 },
      { title: 'under load, p50', of: (run) => run.loadP50 },
      { title: 'under load, p95', of: (run) => run.loadP95 },
    ],
  },
  {
    title: 'Memory after the load, in MiB',
    measures: PROCESSES.map((process) => ({ title: process, of: (run: Run) => run.residentMiB[process] })),
  },
];

/** @param jobs of a run under load */
export function jobsSection(rounds: readonly Round<Run>[], jobs: Readonly<Record<ContenderName, number>>): Section {
  return {
    title: 'A plain job',
    method: `Figures are medians of ${rounds.length} interleaved rounds, with the least and the greatest beside them. Compare the ratios: a ratio is taken within each round, so what the machine did meanwhile falls on both sides.`,
    verdicts: verdictsOn(rounds),
    tables: TABLES.map(({ title, measures }) => ({ title, text: roundTable(rounds, measures) })),
    howToRead: howToRead(jobs),
    notMeasured: NOT_MEASURED,
  };
}

/** One line on the promise; none when it takes a contender that did not run. */
function verdictsOn(rounds: readonly Round<Run>[]): readonly string[] {
  const ratios = ratiosOf(rounds, cpuOfJob, 'raw');
  if (ratios.length === 0) return [];
  const ratio = spread(ratios);
  const outcome = ratio.median <= PROMISED_RATIO ? 'kept' : 'NOT KEPT';
  const doubt = rounds.length < ROUNDS_OF_A_REPORT ? ` (${rounds.length} rounds are too few to say)` : '';
  return [
    `A plain job costs ${showSpread(ratio)} times the CPU time of raw Temporal. Promised are at most ${PROMISED_RATIO.toFixed(2)}: ${outcome}${doubt}.`,
  ];
}

function howToRead(jobs: Readonly<Record<ContenderName, number>>): readonly string[] {
  const bullmq = jobs.bullmq.toLocaleString('en-US').replace(',', ' ');
  return [
    `Each run has a worker process and a client process of its own, warmed up. The job does nothing, its input is one number, and at most ${HANDLER_LIMIT} handlers run at once, for all contenders.`,
    "Holdfast and raw Temporal share one embedded server, started with the settings of the product. Raw is a hand-written workflow around one activity: the events of a job's history are the same (`test/workflow/event-list.test.ts`).",
    `CPU time is what \`/proc\` says of the server, the worker and the client over the load: ${jobs.holdfast} jobs on Temporal and ${bullmq} on BullMQ, added by ${ADDERS} adders that each wait for the acknowledgement. It is the steadiest figure; rates and latencies depend on what else runs.`,
    '"One by one" is the latency of a job that meets an idle system. "Under load" is mostly waiting in the queue, since adding is faster than running; it grows with the number of jobs, so it says nothing across different numbers of them.',
    'A workflow costs an embedded Temporal server tens of milliseconds of CPU. That buys a history, timers, cancellation and replay; a Redis list costs a fraction of a millisecond and buys none of them. Many small jobs belong into one job of many items.',
  ];
}

const NOT_MEASURED = [
  'Jobs that do something: the longer they take, the less the rest matters.',
  'More than one worker, other machines in between, Temporal on PostgreSQL or Temporal Cloud.',
  'Retries, progress, priorities, tags, multi-step jobs, large inputs, and the reading of jobs (`get`, `list`, `watch`).',
];
