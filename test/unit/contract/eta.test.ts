import { describe, expect, it, test } from 'vitest';
import { etaOf, type Unestimated } from '../../../src/contract/eta.ts';
import type { Eta, WaitingFor } from '../../../src/contract/snapshot.ts';
import { ProgressLooks } from '../../../src/contract/statistics/progress-looks.ts';
import { emptyType, mergeTypes, type TypeStatistics, withCompletion, withMany } from '../../../src/contract/statistics/type-statistics.ts';
import { COURSES, coverageOf, DURATIONS } from './eta-simulation.ts';

const NOW = 1_800_000_000_000;
const CALCULATES_WITHIN_MS = 60_000;
const shapes = Object.keys(DURATIONS).flatMap((durations) => Object.keys(COURSES).map((progress) => ({ durations, progress })));

function at(ms: number): string {
  return new Date(NOW + ms).toISOString();
}

function jobWith(more: Partial<Unestimated>): Unestimated {
  return { status: 'processing', addedAt: at(-20_000), startedAt: at(-10_000), progress: null, waitingFor: null, steps: [], ...more };
}

/** Runs that took these milliseconds, each after a wait of 5 s. */
function typeOf(runs: readonly number[], percentOf?: (x: number) => number): TypeStatistics {
  let type = emptyType(NOW);
  for (const ranMs of runs) {
    const looks = new ProgressLooks();
    if (percentOf !== undefined)
      for (let elapsedMs = 1000; elapsedMs < ranMs; elapsedMs += 1000) looks.note({ elapsedMs, percent: percentOf(elapsedMs / ranMs) });
    type = withCompletion(withMany(type, { at: NOW, waitsMs: [5000], runsMs: [] }), { at: NOW, ranMs, looks });
  }
  return mergeTypes(emptyType(NOW), type, NOW);
}

const ofTenToTwenty = typeOf([10_000, 12_000, 14_000, 16_000, 18_000, 20_000]);

function secondsOf(eta: Eta | 'unknown' | null): { p50: number; p90: number } {
  if (eta === null || eta === 'unknown') throw new Error(`Expected an estimate, got ${String(eta)}.`);
  return { p50: (Date.parse(eta.p50) - NOW) / 1000, p90: (Date.parse(eta.p90) - NOW) / 1000 };
}

function waiting(code: WaitingFor['code'], more: Partial<WaitingFor> = {}): WaitingFor {
  return { code, sentence: '', ...more };
}

describe('the estimate of when a job is done', () => {
  it.each(['completed', 'failed', 'cancelled'] as const)('is null once it is %s', (status) => {
    expect(etaOf(jobWith({ status }), ofTenToTwenty, NOW)).toBeNull();
  });

  it('is unknown with fewer than five runs to compare with, and with five that were all shorter', () => {
    const job = jobWith({ startedAt: at(0) });
    expect(etaOf(job, undefined, NOW)).toBe('unknown');
    expect(etaOf(job, typeOf([10_000, 10_000, 10_000, 10_000]), NOW)).toBe('unknown');
    expect(etaOf(job, typeOf([10_000, 10_000, 10_000, 10_000, 10_000]), NOW)).toMatchObject({ samples: 5 });
    expect(etaOf(jobWith({ startedAt: at(-30_000) }), ofTenToTwenty, NOW)).toBe('unknown');
  });

  it('is what earlier runs took, less what has gone by', () => {
    const { p50, p90 } = secondsOf(etaOf(jobWith({ startedAt: at(-4000) }), ofTenToTwenty, NOW));
    expect(p50).toBeGreaterThanOrEqual(9);
    expect(p50).toBeLessThanOrEqual(12);
    expect(p90).toBeGreaterThanOrEqual(13);
    expect(p90).toBeLessThanOrEqual(17);
  });

  it.each([
    { elapsedMs: 2000, percent: 5, eta: { p50: at(38_000), p90: at(76_000), samples: 0 } },
    { elapsedMs: 2000, percent: 4, eta: 'unknown' },
    { elapsedMs: 1900, percent: 5, eta: 'unknown' },
  ])('comes from its own progress alone at $percent % after $elapsedMs ms: $eta', ({ elapsedMs, percent, eta }) => {
    expect(etaOf(jobWith({ startedAt: at(-elapsedMs), progress: { percent } }), undefined, NOW)).toEqual(eta);
  });

  it('knows by how much the percentages of its type are off', () => {
    // At half of the time four fifths are said to be done.
    const type = typeOf(
      Array.from({ length: 20 }, (_none, index) => 60_000 + 1000 * index),
      (x) => 100 * (x < 0.5 ? 1.6 * x : 0.6 + 0.4 * x),
    );
    const { p50 } = secondsOf(etaOf(jobWith({ startedAt: at(-40_000), progress: { percent: 80 } }), type, NOW));
    expect(p50).toBeGreaterThan(24);
    expect(p50).toBeLessThan(45);
  });

  it('of a job of several steps goes by its own start, not by that of the step', () => {
    const step = { id: 'step-1', type: 'step', status: 'processing', attempt: 1, progress: null } as const;
    const eta = etaOf(jobWith({ steps: [step], startedAt: at(-1000), progress: { percent: 50 } }), undefined, NOW);
    expect(secondsOf(eta).p50).toBe(20);
  });

  it('of a delayed job begins when it is due, and one between two attempts when the next is', () => {
    const delayed = jobWith({ status: 'delayed', runAt: at(3_600_000), waitingFor: waiting('start-time', { until: at(3_600_000) }) });
    expect(secondsOf(etaOf(delayed, ofTenToTwenty, NOW)).p50).toBeGreaterThan(3600 + 15);
    const retrying = jobWith({ status: 'retrying', waitingFor: waiting('retry', { until: at(100_000) }) });
    expect(secondsOf(etaOf(retrying, ofTenToTwenty, NOW)).p50).toBeCloseTo(115, -1);
  });

  it('of one that waits goes by the queue’s length and rate, else by how long others waited', () => {
    const queued = jobWith({ status: 'queued', addedAt: at(-1000), waitingFor: waiting('queue', { ahead: 200, perSecond: 2 }) });
    expect(secondsOf(etaOf(queued, ofTenToTwenty, NOW)).p50).toBeCloseTo(115, -1);
    expect(secondsOf(etaOf({ ...queued, waitingFor: waiting('queue') }, ofTenToTwenty, NOW)).p50).toBeCloseTo(19, -1);
  });

  it.each(['no-worker', 'handler', 'paused', 'workflow-code', 'cancel'] as const)('is unknown while it waits for %s', (code) => {
    expect(etaOf(jobWith({ status: 'queued', waitingFor: waiting(code) }), ofTenToTwenty, NOW)).toBe('unknown');
  });
});

describe('estimates of 1 000 jobs, made at random moments', () => {
  test.each(shapes)(
    'are honest for durations that are $durations and progress that is $progress',
    ({ durations, progress }) => {
      const { beforeP50, beforeP90, unknown } = coverageOf(durations, progress, 1);
      const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
      console.log(
        `${durations}, ${progress}: ${percent(beforeP50)} before p50, ${percent(beforeP90)} before p90, ${percent(unknown)} unknown`,
      );
      expect(beforeP50).toBeGreaterThanOrEqual(0.4);
      expect(beforeP50).toBeLessThanOrEqual(0.6);
      expect(beforeP90).toBeGreaterThanOrEqual(0.82);
      expect(beforeP90).toBeLessThanOrEqual(0.97);
      expect(unknown).toBeLessThan(0.05);
    },
    CALCULATES_WITHIN_MS,
  );
});
