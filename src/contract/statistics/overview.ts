/** Owns what several views tell from one report of the statistics. Pure; browsers load it. */
import type { FailureGroup, JobStatistics, TypeReport, WorkerReport } from './report.ts';

/** The workers that run and serve the queue; `unknown` where the server does not list workers. */
export function workersServing(queue: string, { workers }: Pick<JobStatistics, 'workers'>): readonly WorkerReport[] | 'unknown' {
  if (workers === 'unknown') return 'unknown';
  return workers.filter(({ status, queues }) => status === 'running' && queues.some((one) => one.queue === queue));
}

/** Errors that mean the same, and of which type in which queue. */
export interface TypeFailure extends FailureGroup {
  readonly type: string;
  readonly queue: string;
}

/** The errors of all types, the most frequent first. */
export function failuresOf(types: readonly TypeReport[]): readonly TypeFailure[] {
  const failures = types.flatMap(({ type, queue, failures }) => failures.map((group) => ({ type, queue, ...group })));
  return failures.toSorted((one, other) => other.count - one.count);
}
