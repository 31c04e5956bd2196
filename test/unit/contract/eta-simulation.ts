/**
 * Owns the simulation that tells whether estimates are honest: jobs of a known shape run, somebody looks at random
 * moments, and what the estimate said is compared with when the job was really done.
 */
import { type Random, seeded } from '../../support/random.ts';
import { remainingRun } from '../../../src/contract/eta.ts';
import { LOOK_EVERY_MS, ProgressLooks } from '../../../src/contract/statistics/progress-looks.ts';
import { emptyType, mergeTypes, type TypeStatistics, withCompletion } from '../../../src/contract/statistics/type-statistics.ts';

export interface Coverage {
  readonly durations: string;
  readonly progress: string;
  /** Parts of the estimates that the true end came before, 0–1. */
  readonly beforeP50: number;
  readonly beforeP90: number;
  readonly estimates: number;
  /** Part of the looks that were answered with "unknown". */
  readonly unknown: number;
}

/** A run's length in ms. */
type Shape = (random: Random) => number;
/** Percentage at the part `x` (0–1) of a run whose own pace is `pace`. */
type Course = (x: number, pace: number) => number;

export const DURATIONS: Readonly<Record<string, Shape>> = {
  constant: (random) => 60_000 * (1 + 0.01 * (random() - 0.5)),
  normal: (random) => Math.max(1000, 60_000 + 10_000 * normal(random)),
  lognormal: (random) => 60_000 * Math.exp(0.6 * normal(random)),
  bimodal: (random) => (random() < 0.7 ? 20_000 : 200_000) * Math.exp(0.1 * normal(random)),
  exponential: (random) => -60_000 * Math.log(1 - random()),
  'heavy tail': (random) => 20_000 * (1 - random()) ** (-1 / 2.2),
};

export const COURSES: Readonly<Record<string, Course>> = {
  linear: (x, pace) => 100 * x ** (1 + 0.1 * pace),
  none: () => 0,
  // Four fifths of the way in the first third of the time, at a pace that differs from job to job.
  'fast, then slow': (x, pace) => 100 * Math.min(x * 2.4, 0.8 + (x - 1 / 3) * 0.3) ** (1 + 0.2 * pace),
};

const JOBS = 1000;
/** Progress is as old as the last heartbeat. */
const BEAT_MS = 1000;
const RUNS_A_SIGNAL = 20;
const LOOKS = 2000;

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** How often the true end came before the estimate, in 1 000 jobs that follow 1 000 others of their shape. */
export function coverageOf(durations: string, progress: string, seed: number): Coverage {
  const random = seeded(seed);
  const [shape, course] = [DURATIONS[durations], COURSES[progress]];
  if (shape === undefined || course === undefined) throw new Error(`There is no shape ${durations} or ${progress}.`);
  const run = (): Run => ({ ms: shape(random), pace: normal(random), course });
  const type = learned(Array.from({ length: JOBS }, run), random);
  const looks = looksAt(Array.from({ length: JOBS }, run), random);
  const answers = looks.map(({ job, elapsedMs }) => ({
    left: job.ms - elapsedMs,
    said: remainingRun(type, { elapsedMs, percent: percentAt(job, elapsedMs) }),
  }));
  const known = answers.flatMap(({ left, said }) => (said === undefined ? [] : [{ left, said }]));
  return {
    durations,
    progress,
    beforeP50: known.filter(({ left, said }) => left <= said.p50).length / known.length,
    beforeP90: known.filter(({ left, said }) => left <= said.p90).length / known.length,
    estimates: known.length,
    unknown: 1 - known.length / looks.length,
  };
}

interface Run {
  readonly ms: number;
  readonly pace: number;
  readonly course: Course;
}

/** As a reader sees it: of the last beat. */
function percentAt({ ms, pace, course }: Run, elapsedMs: number): number {
  const seenMs = Math.floor(elapsedMs / BEAT_MS) * BEAT_MS;
  return Math.min(100, Math.max(0, course(seenMs / ms, pace)));
}

/** What a worker's statistics know of these runs. */
function learned(runs: readonly Run[], random: Random): TypeStatistics {
  let [type, unsent] = [emptyType(0), emptyType(0)];
  for (const [index, run] of runs.entries()) {
    const looks = new ProgressLooks();
    const first = LOOK_EVERY_MS * random();
    for (let elapsedMs = first; elapsedMs < run.ms; elapsedMs += LOOK_EVERY_MS)
      looks.note({ elapsedMs, percent: percentAt(run, elapsedMs) });
    unsent = withCompletion(unsent, { at: 0, ranMs: run.ms, looks });
    // As a worker sends them.
    if ((index + 1) % RUNS_A_SIGNAL !== 0) continue;
    type = mergeTypes(type, unsent, 0);
    unsent = emptyType(0);
  }
  return type;
}

/** The jobs run one after another, and somebody looks at random moments of all that time: a long job is seen more often. */
function looksAt(jobs: readonly Run[], random: Random): { job: Run; elapsedMs: number }[] {
  const total = jobs.reduce((sum, { ms }) => sum + ms, 0);
  const moments = Array.from({ length: LOOKS }, () => random() * total).toSorted((one, other) => one - other);
  let begun = 0;
  let index = 0;
  return moments.flatMap((moment) => {
    for (let job = jobs[index]; job !== undefined && begun + job.ms <= moment; job = jobs[index]) {
      begun += job.ms;
      index += 1;
    }
    const job = jobs[index];
    return job === undefined ? [] : [{ job, elapsedMs: moment - begun }];
  });
}
