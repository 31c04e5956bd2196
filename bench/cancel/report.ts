/** Owns the section of this part: how long a cancel takes to reach its handler. */
import { digits } from '../figures.ts';
import { type Measure, roundTable, valuesOf } from '../round-table.ts';
import type { Round } from '../rounds.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';
import { APART_MS, type CancelRun, type CancelTimes } from './run.ts';

/** 95 of 100 cancels of single jobs are to reach their handlers within this time. */
const AIM_MS = 500;
const PROMISED_SHARED_MS = 1500;
export const RAW_HEARTBEAT_TIMEOUT_MS = 5000;
export const ROUNDS_OF_A_REPORT = 2;

const oneByOneP95: Measure<CancelRun> = { title: 'p95', of: ({ oneByOne }) => oneByOne.toldP95 };
const atOnceP95: Measure<CancelRun> = { title: 'p95', of: ({ atOnce }) => atOnce.toldP95 };

function measuresOf(times: (run: CancelRun) => CancelTimes, p95: Measure<CancelRun>): readonly Measure<CancelRun>[] {
  return [
    { title: 'p50', of: (run) => times(run).toldP50 },
    p95,
    { title: 'the last one', of: (run) => times(run).toldLast },
    { title: 'the server has it, p50', of: (run) => times(run).answeredP50 },
  ];
}

export interface CancelRound {
  readonly byContender: Round<CancelRun>;
  /** Of jobs that share workflows. */
  readonly shared: CancelRun;
}

/** @param jobs that run */
export function cancelSection(all: readonly CancelRound[], jobs: number): Section {
  const rounds = all.map(({ byContender }) => byContender);
  const shared = all.map(({ shared: run }) => ({ holdfast: run }));
  return {
    title: 'From a cancel to the signal of the handler',
    method: `Each figure is one of ${jobs} cancels, given as the median of ${rounds.length} interleaved rounds with the least and the greatest beside it.`,
    verdicts: [...verdictsOn(rounds, jobs), sharedVerdict(all)],
    tables: [
      {
        title: `One at a time, of ${jobs} running jobs, in ms`,
        text: roundTable(
          rounds,
          measuresOf(({ oneByOne }) => oneByOne, oneByOneP95),
        ),
      },
      {
        title: `${jobs} running jobs all at once, in ms`,
        text: roundTable(
          rounds,
          measuresOf(({ atOnce }) => atOnce, atOnceP95),
        ),
      },
      {
        title: `${jobs} jobs that share workflows, one at a time, in ms`,
        text: roundTable(
          shared,
          measuresOf(({ oneByOne }) => oneByOne, oneByOneP95),
        ),
      },
      {
        title: `${jobs} jobs that share workflows, all at once, in ms`,
        text: roundTable(
          shared,
          measuresOf(({ atOnce }) => atOnce, atOnceP95),
        ),
      },
    ],
    howToRead: [
      'Jobs that share workflows are a type with `group: true`, added all at once: the cancel of one is a signal to their workflow, and the others go on.',
      `One worker process runs the handlers, which wait for their signal and do nothing else; another process asks for the cancels. One at a time: one every ${APART_MS} ms, so that none waits for another.`,
      `Raw Temporal is by the SDK's defaults: the activity calls \`heartbeat\` every second, with a heartbeat timeout of ${RAW_HEARTBEAT_TIMEOUT_MS / 1000} s, of which the SDK sends one every ${(RAW_HEARTBEAT_TIMEOUT_MS * 0.8) / 1000} s; a cancel is in the answer to one. A longer timeout makes it longer in proportion.`,
      'With Holdfast the workflow tells the handler of its own process, without waiting for a heartbeat.',
      'All at once is mostly waiting: each cancel is some writes and a workflow task of an embedded server that stores all jobs of this machine.',
      'BullMQ is left out: it tells no running handler of another process to stop.',
    ],
    notMeasured: ['Handlers whose workflow lives in another process: they are told by a heartbeat, which comes up to 1 s later.'],
  };
}

function sharedVerdict(rounds: readonly CancelRound[]): string {
  const last = Math.max(...rounds.map(({ shared: { oneByOne } }) => oneByOne.toldLast));
  const outcome = last <= PROMISED_SHARED_MS ? 'kept' : 'NOT KEPT';
  return `Of jobs that share workflows, one at a time, every cancel reached its handler within ${digits(last)} ms. Promised are ${PROMISED_SHARED_MS} ms for the first of a workflow: ${outcome}.`;
}

function verdictsOn(rounds: readonly Round<CancelRun>[], jobs: number): readonly string[] {
  const [one, all] = [oneByOneP95, atOnceP95].map((measure) => spread(valuesOf(rounds, measure, 'holdfast')).median);
  if (one === undefined || all === undefined || Number.isNaN(one)) return [];
  return [
    `One at a time, 95 of 100 cancels reach their handler within ${digits(one)} ms. The aim is ${AIM_MS} ms: ${one <= AIM_MS ? 'reached' : 'NOT REACHED'}.`,
    `Of ${jobs} at once, 95 of 100 do within ${digits(all)} ms.`,
  ];
}
