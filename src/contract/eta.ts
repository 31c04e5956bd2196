/**
 * Owns the estimate of when a job will be done. Pure. Two sources say how long a run still takes:
 *
 * 1. Earlier runs of the type: how long did those go on that had run as long as this one has?
 * 2. The job's own progress: the rest takes as long as the percentage promises, times the ratio by which earlier runs of
 *    the type missed that promise at such a percentage. What jobs do at first tells little of their end, so this counts
 *    for more the further the job is.
 *
 * Each counts by how narrowly it says it. Fewer than five runs to compare with are no ground for an estimate,
 * unless the job itself has gone on for 2 s and come to 5 %.
 */
import { type Eta, isTerminal, type JobSnapshot, type WaitingFor } from './snapshot.ts';
import { countOf, EMPTY_SKETCH, quantilesBeyond, type QuantileSketch } from './statistics/quantile-sketch.ts';
import { progressBand, promisedMs, RATIO_UNIT, type TypeStatistics } from './statistics/type-statistics.ts';

/** Milliseconds that something still takes. */
interface Remaining {
  readonly p50: number;
  readonly p90: number;
  readonly samples: number;
}

/** What is known of a run under way. */
interface RunSoFar {
  readonly elapsedMs: number;
  /** Absent or 0: the handler says nothing. */
  readonly percent?: number | undefined;
}

type Durations = Pick<TypeStatistics, 'run' | 'progress' | 'wait'>;

const MIN_SAMPLES = 5;
const RATE_AFTER_MS = 2000;
const RATE_FROM_PERCENT = 5;
/** Without earlier runs: nine of ten jobs are taken to need at most this many times what their percentage promises. */
const UNKNOWN_RATIO_P90 = 2;

/** What an estimate is made of: a snapshot without it. */
export type Unestimated = Pick<JobSnapshot, 'status' | 'addedAt' | 'runAt' | 'startedAt' | 'progress' | 'waitingFor' | 'steps' | 'batch'>;

/** Waits that end when somebody does something: nobody knows when. */
const OPEN_ENDED: readonly WaitingFor['code'][] = ['no-worker', 'handler', 'paused', 'workflow-code', 'cancel'];
/** Nine of ten queues are taken to need at most this many times what their length and rate say. */
const QUEUE_P90 = 1.5;

/** When a job will be done, seen at `now` (ms since 1970), by what was counted of its type. Null for one that has ended. */
export function etaOf(job: Unestimated, type: Durations | undefined, now: number): Eta | 'unknown' | null {
  if (isTerminal(job.status)) return null;
  if (job.waitingFor !== null && OPEN_ENDED.includes(job.waitingFor.code)) return 'unknown';
  const from = job.status === 'delayed' || job.status === 'retrying' ? Math.max(now, timeOf(job.waitingFor?.until ?? job.runAt, now)) : now;
  // What was counted of its type are its items.
  const remaining = remainingOf(job, job.batch === undefined ? type : undefined, now);
  return remaining === undefined ? 'unknown' : etaAt(from, remaining);
}

function remainingOf(job: Unestimated, type: Durations | undefined, now: number): Remaining | undefined {
  const due = timeOf(job.runAt ?? job.addedAt, now);
  switch (job.status) {
    case 'processing':
      // The start of a job of several steps is that of its current one.
      return remainingRun(type, {
        elapsedMs: now - (job.steps.length > 0 ? due : timeOf(job.startedAt, due)),
        percent: job.progress?.percent,
      });
    case 'retrying':
      return wholeRun(type);
    case 'delayed':
      return oneThenOther(remainingWait(type, 0), wholeRun(type));
    case 'queued':
      return oneThenOther(remainingQueue(job.waitingFor) ?? remainingWait(type, now - due), wholeRun(type));
    default:
      return undefined;
  }
}

/** What the length of the queue and its rate say; undefined where they say nothing. */
function remainingQueue(waiting: WaitingFor | null): Remaining | undefined {
  const { ahead, perSecond } = waiting ?? {};
  if (ahead === undefined || perSecond === undefined || perSecond <= 0) return undefined;
  const p50 = (ahead / perSecond) * 1000;
  return { p50, p90: p50 * QUEUE_P90, samples: Number.POSITIVE_INFINITY };
}

function oneThenOther(first: Remaining | undefined, then: Remaining | undefined): Remaining | undefined {
  return first === undefined || then === undefined ? undefined : inSequence(first, then);
}

function timeOf(time: string | undefined, otherwise: number): number {
  return time === undefined ? otherwise : Date.parse(time);
}

/** How long a run under way still takes; undefined: unknown. */
export function remainingRun(type: Durations | undefined, run: RunSoFar): Remaining | undefined {
  const byRuns = type === undefined ? undefined : beyond(type.run, run.elapsedMs);
  const byProgress = ofProgress(type, run);
  if (byRuns === undefined || byProgress === undefined) return byRuns ?? byProgress;
  return blended(byRuns, byProgress);
}

/**
 * Both, each with the weight of how narrowly it says it: the further a job is, the more its own progress counts.
 * Weighed by widths alone, the blend comes out too early, since short estimates have narrow widths; by widths relative to
 * the estimates too late. What lies between was found to be honest (`test/unit/contract/eta.test.ts`).
 */
function blended(one: Remaining, other: Remaining): Remaining {
  const [spread, otherSpread] = [spreadOf(one), spreadOf(other)];
  const weight = spread + otherSpread === 0 ? 0.5 : otherSpread / (spread + otherSpread);
  const between = (from: number, to: number): number => weight * from + (1 - weight) * to;
  return { p50: between(one.p50, other.p50), p90: between(one.p90, other.p90), samples: Math.max(one.samples, other.samples) };
}

/** How long a run takes that has not begun. */
function wholeRun(type: Durations | undefined): Remaining | undefined {
  return type === undefined ? undefined : beyond(type.run, 0);
}

/** How long a job still waits that has waited for so long, as earlier jobs of its type did. */
function remainingWait(type: Durations | undefined, waitedMs: number): Remaining | undefined {
  return type === undefined ? undefined : beyond(type.wait, Math.max(0, waitedMs));
}

/** One after the other. Their spreads add up as those of things that do not depend on each other. */
function inSequence(first: Remaining, then: Remaining): Remaining {
  const p50 = first.p50 + then.p50;
  return { p50, p90: p50 + Math.hypot(widthOf(first), widthOf(then)), samples: Math.min(first.samples, then.samples) };
}

/** The estimate as times, to the second. */
function etaAt(fromMs: number, { p50, p90, samples }: Remaining): Eta {
  return { p50: isoSecond(fromMs + p50), p90: isoSecond(fromMs + p90), samples: Math.round(samples) };
}

/** How much longer than `soFarMs` those in the sketch were that were longer. */
function beyond(sketch: QuantileSketch, soFarMs: number): Remaining | undefined {
  const { count, values } = quantilesBeyond(sketch, soFarMs, [0.5, 0.9]);
  const [p50, p90] = values;
  if (p50 === undefined || p90 === undefined || count < MIN_SAMPLES) return undefined;
  return { p50: p50 - soFarMs, p90: p90 - soFarMs, samples: countOf(sketch) };
}

function ofProgress(type: Durations | undefined, { elapsedMs, percent = 0 }: RunSoFar): Remaining | undefined {
  const band = progressBand(percent);
  if (band === undefined) return undefined;
  const promised = promisedMs({ elapsedMs, percent });
  const samples = type === undefined ? 0 : countOf(type.run);
  const [r50, r90] = quantilesBeyond(type?.progress[band] ?? EMPTY_SKETCH, 0, [0.5, 0.9]).values;
  if (samples >= MIN_SAMPLES && r50 !== undefined && r90 !== undefined)
    return { p50: (promised * r50) / RATIO_UNIT, p90: (promised * r90) / RATIO_UNIT, samples };
  if (elapsedMs < RATE_AFTER_MS || percent < RATE_FROM_PERCENT) return undefined;
  return { p50: promised, p90: promised * UNKNOWN_RATIO_P90, samples: 0 };
}

function spreadOf(remaining: Remaining): number {
  return widthOf(remaining) ** 2 / Math.max(1, remaining.p50);
}

function widthOf({ p50, p90 }: Remaining): number {
  return p90 - p50;
}

function isoSecond(milliseconds: number): string {
  return new Date(Math.ceil(milliseconds / 1000) * 1000).toISOString();
}
