/** Owns the report: tables of figures beside their ratios, in Markdown, with what a reader has to know to read them. */
import { type ContenderName, HANDLER_LIMIT, TITLES } from './contender.ts';
import type { Machine } from './machine.ts';
import { alignedTable } from './markdown-table.ts';
import type { Round } from './rounds.ts';
import { ADDERS, type PerPart, PARTS, type Run } from './run.ts';
import { type Spread, spread } from './statistics.ts';

/** CPU time of a job against raw Temporal that Holdfast promises not to exceed. */
const PROMISED_RATIO = 1.1;
/** Fewer rounds have no meaningful median. */
export const ROUNDS_OF_A_REPORT = 5;

export interface ReportFacts {
  readonly machine: Machine;
  readonly loadBefore: number;
  readonly jobs: Readonly<Record<ContenderName, number>>;
}

/** A row of a table: one figure of a run. */
interface Measure {
  readonly title: string;
  readonly of: (run: Run) => number;
}

const total = (perPart: PerPart): number => PARTS.reduce((sum, part) => sum + perPart[part], 0);
const cpuOfJob: Measure = { title: 'all together', of: (run) => total(run.cpuMsPerJob) };

const SECTIONS: readonly { readonly title: string; readonly measures: readonly Measure[] }[] = [
  {
    title: 'CPU time of a job, in ms',
    measures: [cpuOfJob, ...PARTS.map((part) => ({ title: part, of: (run: Run) => run.cpuMsPerJob[part] }))],
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
    measures: PARTS.map((part) => ({ title: part, of: (run: Run) => run.residentMiB[part] })),
  },
];

/** The whole report. */
export function report(rounds: readonly Round[], facts: ReportFacts): string {
  const names = (Object.keys(TITLES) as ContenderName[]).filter((name) => rounds[0]?.[name] !== undefined);
  const paragraphs = [
    '# Benchmarks',
    `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}. Figures are medians of ${rounds.length} interleaved rounds, with the least and the greatest beside them. Compare the ratios: a ratio is taken within each round, so what the machine did meanwhile falls on both sides.`,
    [...facts.machine.facts, loadFact(facts)].map((fact) => `- ${fact}`).join('\n'),
    verdict(rounds),
    ...SECTIONS.flatMap(({ title, measures }) => [`## ${title}`, table(rounds, names, measures)]),
    howToRead(facts),
    NOT_MEASURED,
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

/** One line on the promise; empty when it takes a contender that did not run. */
export function verdict(rounds: readonly Round[]): string {
  const ratios = ratiosOf(rounds, cpuOfJob, 'raw');
  if (ratios.length === 0) return '';
  const ratio = spread(ratios);
  const outcome = ratio.median <= PROMISED_RATIO ? 'kept' : 'NOT KEPT';
  const doubt = rounds.length < ROUNDS_OF_A_REPORT ? ` (${rounds.length} rounds are too few to say)` : '';
  return `**A plain job costs ${show(ratio)} times the CPU time of raw Temporal. Promised are at most ${PROMISED_RATIO.toFixed(2)}: ${outcome}${doubt}.**`;
}

function table(rounds: readonly Round[], names: readonly ContenderName[], measures: readonly Measure[]): string {
  const others = names.filter((name) => name !== 'holdfast' && names.includes('holdfast'));
  const header = ['', ...names.map((name) => TITLES[name]), ...others.map((name) => `Holdfast ÷ ${TITLES[name]}`)];
  const rows = measures.map((measure) => [
    measure.title,
    ...names.map((name) => show(spread(rounds.flatMap((round) => valueIn(round, name, measure))))),
    ...others.map((name) => show(spread(ratiosOf(rounds, measure, name)))),
  ]);
  return alignedTable(header, rows);
}

/** Holdfast's figure by the other's, round by round. */
function ratiosOf(rounds: readonly Round[], measure: Measure, other: ContenderName): readonly number[] {
  return rounds.flatMap((round) => {
    const [ours] = valueIn(round, 'holdfast', measure);
    const [theirs] = valueIn(round, other, measure);
    return ours === undefined || theirs === undefined ? [] : [ours / theirs];
  });
}

function valueIn(round: Round, name: ContenderName, measure: Measure): readonly number[] {
  const run = round[name];
  return run === undefined ? [] : [measure.of(run)];
}

function show({ min, median, max }: Spread): string {
  return `${digits(median)} (${digits(min)}–${digits(max)})`;
}

/** Three digits say all that these measurements know. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}

function loadFact({ machine, loadBefore }: ReportFacts): string {
  const isBusy = loadBefore > machine.cores / 4;
  return `load average before the first run: ${loadBefore.toFixed(2)}${isBusy ? ' (OTHER PROGRAMS RAN: rates and latencies are worse than on a quiet machine, and spread further)' : ''}`;
}

function howToRead({ jobs }: ReportFacts): string {
  const bullmq = jobs.bullmq.toLocaleString('en-US').replace(',', ' ');
  return `## How to read

- Each run has a worker process and a client process of its own, warmed up. The job does nothing, its input is one number, and at most ${HANDLER_LIMIT} handlers run at once, for all contenders.
- Holdfast and raw Temporal share one embedded server, started with the settings of the product. Raw is a hand-written workflow around one activity: the events of a job's history are the same (\`test/workflow/event-list.test.ts\`).
- CPU time is what \`/proc\` says of the server, the worker and the client over the load: ${jobs.holdfast} jobs on Temporal and ${bullmq} on BullMQ, added by ${ADDERS} adders that each wait for the acknowledgement. It is the steadiest figure; rates and latencies depend on what else runs.
- "One by one" is the latency of a job that meets an idle system. "Under load" is mostly waiting in the queue, since adding is faster than running; it grows with the number of jobs, so it says nothing across different numbers of them.
- A workflow costs an embedded Temporal server tens of milliseconds of CPU. That buys a history, timers, cancellation and replay; a Redis list costs a fraction of a millisecond and buys none of them. Many small jobs belong into one job of many items.`;
}

const NOT_MEASURED = `## Not measured

- Jobs that do something: the longer they take, the less the rest matters.
- More than one worker, other machines in between, Temporal on PostgreSQL or Temporal Cloud.
- Retries, progress, priorities, tags, multi-step jobs, large inputs, and the reading of jobs (\`get\`, \`list\`, \`watch\`).
- The recovery after a crash: \`test/faults\` has its times.`;
