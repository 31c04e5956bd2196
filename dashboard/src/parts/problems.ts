/** Owns what counts as a problem, found in the statistics and the jobs that are open; the worst first. */
import type { JobSnapshot } from '../../../src/contract/snapshot.ts';
import { workersServing } from '../../../src/contract/statistics/overview.ts';
import type { JobStatistics } from '../../../src/contract/statistics/report.ts';
import { liveJobs } from '../data/live-jobs.ts';
import { useLive, useStats } from '../data/queries.ts';
import { durationText, numberText } from '../format.ts';

export interface Problem {
  readonly key: string;
  readonly about: 'queue' | 'type' | 'jobs' | 'workers';
  readonly isBad: boolean;
  readonly sentence: string;
  readonly more: string;
  readonly link: string;
  readonly act: string;
}

const LONG_WAIT_MS = 60_000;
const MANY_FAIL = 0.1;
const FEW_SAMPLES = 5;

export function useProblems(): readonly Problem[] {
  useLive();
  const { data } = useStats();
  return data === undefined ? [] : problemsIn(data, liveJobs.all());
}

export function problemsIn(statistics: JobStatistics, jobs: readonly JobSnapshot[]): readonly Problem[] {
  return [...queueProblems(statistics), ...stuckProblems(jobs), ...typeProblems(statistics), ...workerProblems(statistics)].toSorted(
    (one, other) => Number(other.isBad) - Number(one.isBad),
  );
}

function queueProblems(statistics: JobStatistics): Problem[] {
  const { queues, workers } = statistics;
  if (workers === 'unknown') return [];
  return queues.flatMap(({ queue, waiting, oldestWaitingMs }) => {
    const count = waiting.value ?? 0;
    if (count === 0) return [];
    const oldest = oldestWaitingMs.value ?? 0;
    const isServed = workersServing(queue, statistics).length > 0;
    if (isServed && oldest < LONG_WAIT_MS) return [];
    return [
      {
        key: `queue ${queue}`,
        about: 'queue' as const,
        isBad: !isServed,
        sentence: `${queue}: ${isServed ? 'its workers do not keep up' : 'no worker serves it'}`,
        more: `${numberText(count)} ${count === 1 ? 'job waits' : 'jobs wait'}, the oldest for ${durationText(oldest)}`,
        link: `/queues/${encodeURIComponent(queue)}`,
        act: 'Show queue',
      },
    ];
  });
}

function typeProblems({ types }: JobStatistics): Problem[] {
  return types.flatMap(({ type, queue, successRate: { value, samples }, failures }) => {
    if (value === null || samples < FEW_SAMPLES || 1 - value < MANY_FAIL) return [];
    const failed = Math.round((1 - value) * samples);
    return [
      {
        key: `type ${type} ${queue}`,
        about: 'type' as const,
        isBad: value < 0.5,
        sentence: `${type} fails ${Math.round((1 - value) * 100)} %`,
        more: `${numberText(failed)} of ${numberText(samples)} in the last hour${failures[0] === undefined ? '' : ` · ${failures[0].pattern}`}`,
        link: `/jobs?status=failed&type=${encodeURIComponent(type)}`,
        act: `Show ${numberText(failed)} failed`,
      },
    ];
  });
}

const STUCK = {
  handler: 'no worker knows the type',
  'workflow-code': 'the workflow code fails',
  'event-loop': 'the worker is blocked',
} as const;

function stuckProblems(jobs: readonly JobSnapshot[]): Problem[] {
  return Object.entries(STUCK).flatMap(([code, what]) => {
    const stuck = jobs.filter(({ waitingFor }) => waitingFor?.code === code);
    const [first] = stuck;
    if (first === undefined) return [];
    return [
      {
        key: code,
        about: 'jobs' as const,
        isBad: true,
        sentence: `${numberText(stuck.length)} ${stuck.length === 1 ? 'job is' : 'jobs are'} stuck: ${what}`,
        more: first.waitingFor?.sentence ?? '',
        link: stuck.length === 1 ? `/jobs/${encodeURIComponent(first.id)}` : `/jobs?type=${encodeURIComponent(first.type)}`,
        act: stuck.length === 1 ? 'Show job' : 'Show jobs',
      },
    ];
  });
}

function workerProblems({ workers }: JobStatistics): Problem[] {
  if (workers === 'unknown') return [];
  const silent = workers.filter(({ status }) => status === 'silent');
  if (silent.length === 0) return [];
  return [
    {
      key: 'silent',
      about: 'workers',
      isBad: false,
      sentence: `${numberText(silent.length)} ${silent.length === 1 ? 'worker has' : 'workers have'} gone silent`,
      more: `${silent.map(({ identity }) => identity).join(', ')}: what they held is started elsewhere`,
      link: '/workers',
      act: 'Show workers',
    },
  ];
}
