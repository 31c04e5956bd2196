/** Owns the section of this part: what a heartbeat costs. */
import { showSpread } from '../figures.ts';
import { type Measure, ratiosOf, roundTable, valuesOf } from '../round-table.ts';
import type { Round } from '../rounds.ts';
import type { Section } from '../section.ts';
import { spread } from '../statistics.ts';
import type { HeartbeatRun } from './run.ts';

/** As Holdfast sets it: the SDK then holds no heartbeat of one a second back. */
export const RAW_THROTTLE_MS = 200;
export const ROUNDS_OF_A_REPORT = 3;

const together: Measure<HeartbeatRun> = { title: 'all together', of: ({ serverMs, workerMs }) => serverMs + workerMs };
const corePercent: Measure<HeartbeatRun> = { title: 'percent of a core', of: (run) => run.corePercent };

export interface Watched {
  /** Jobs that ran. */
  readonly jobs: number;
  readonly seconds: number;
}

export function heartbeatSection(rounds: readonly Round<HeartbeatRun>[], { jobs, seconds }: Watched): Section {
  return {
    title: 'CPU time of a heartbeat',
    method: `Figures are medians of ${rounds.length} interleaved rounds, with the least and the greatest beside them.`,
    verdicts: verdictsOn(rounds, jobs),
    tables: [
      {
        title: 'CPU time of a heartbeat, in ms',
        text: roundTable(rounds, [
          together,
          { title: 'server', of: ({ serverMs }) => serverMs },
          { title: 'worker', of: ({ workerMs }) => workerMs },
        ]),
      },
      {
        title: `${jobs} running jobs that do nothing`,
        text: roundTable(rounds, [{ title: 'heartbeats of a job in a second', of: ({ beatsPerSecond }) => beatsPerSecond }, corePercent]),
      },
    ],
    howToRead: [
      `${jobs} handlers wait in one worker process for ${seconds} s. What the server and the worker took of the processor in 10 s before, without a job, is subtracted.`,
      "Heartbeats are counted at the server: each is one change of a running workflow's state, and such a workflow has no others.",
      `Raw Temporal has an activity that calls \`heartbeat\` every second, and the throttle that Holdfast sets (${RAW_THROTTLE_MS} ms): by the SDK's default it would send one in 4 s. Holdfast's heartbeats carry the record of the attempt, raw's one number.`,
      'A job of Holdfast beats every 200 ms while up to 20 run, and once a second when 100 or more do: up to 100 of them send about 100 a second together.',
      'BullMQ is left out: a running job of it renews its lock, in Redis, every 15 s.',
    ],
    notMeasured: ['Jobs that report progress: up to 20 times an attempt their workflows are told of it.'],
  };
}

function verdictsOn(rounds: readonly Round<HeartbeatRun>[], jobs: number): readonly string[] {
  const ratios = ratiosOf(rounds, together, 'raw');
  if (ratios.length === 0) return [];
  const cores = showSpread(spread(valuesOf(rounds, corePercent, 'holdfast')));
  return [
    `A heartbeat of Holdfast costs ${showSpread(spread(ratios))} times the CPU time of raw Temporal's. ${jobs} running jobs keep ${cores} percent of a core busy.`,
  ];
}
