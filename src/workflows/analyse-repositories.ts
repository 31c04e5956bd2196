/**
 * Owns the course of `analyse-repositories`: one step per repository, a window of them at a time; one that fails does not
 * fail the job. Progress counts repositories and, inside each, the analyser's phases.
 */
import type { OutputOf, ParsedInputOf } from '../contract/define-job.ts';
import type { analyseRepositories, analyseRepository, removeAnalysisFiles } from '../jobs/analyse-repositories.ts';
import type { JobScope } from './job-scope.ts';
import { jobWorkflow } from './multi-step.ts';

type Input = ParsedInputOf<typeof analyseRepositories>;
type Output = OutputOf<typeof analyseRepositories>;
type Result = Output['repositories'][number];

/** The reports of all repositories together stay below what one job can return. */
const DETAIL_BYTES_IN_ALL = 1_500_000;
const DETAIL_BYTES_EACH = 100_000;
/** The analyser's own limit speaks first; this one is for an analyser that is stuck. */
const TIMEOUT_MARGIN_MS = 120_000;

export const analyseRepositoriesWorkflow = jobWorkflow<typeof analyseRepositories>('analyse-repositories', async (input, job) => {
  job.cleanUp(() => job.run<typeof removeAnalysisFiles>('remove-analysis-files', { jobId: job.jobId }));
  const results = await analyseAll(input, job);
  return { repositories: results, totals: totalsOf(results) };
});

/** As many chains as the window is wide; each takes the next repository when it has finished one. */
async function analyseAll({ repositories, options }: Input, job: JobScope): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = repositories.entries();
  let done = 0;
  const chain = async (): Promise<void> => {
    for (const [index, repository] of waiting) {
      results[index] = await analyseOne(repository, { options, count: repositories.length, job });
      done += 1;
      job.say(`${done} of ${repositories.length} repositories done`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.window, repositories.length) }, chain));
  return results;
}

interface One {
  readonly options: Input['options'];
  readonly count: number;
  readonly job: JobScope;
}

async function analyseOne(repository: Input['repositories'][number], { options, count, job }: One): Promise<Result> {
  const { source, name } = repository;
  const detailBytes = Math.min(DETAIL_BYTES_EACH, Math.floor(DETAIL_BYTES_IN_ALL / count));
  const settled = await job.settle<typeof analyseRepository>(
    'analyse-repository',
    { repository, options, detailBytes },
    { share: 1 / count, label: name, timeout: options.timeLimitMs + TIMEOUT_MARGIN_MS },
  );
  return settled.status === 'completed'
    ? { source, name, status: 'completed', attempts: settled.attempts, report: settled.output }
    : { source, name, status: 'failed', attempts: settled.attempts, error: settled.error };
}

function totalsOf(results: readonly Result[]): Output['totals'] {
  const reports = results.flatMap(({ report }) => (report === undefined ? [] : [report]));
  const sum = (numberOf: (report: (typeof reports)[number]) => number): number =>
    reports.reduce((total, report) => total + numberOf(report), 0);
  return {
    repositories: results.length,
    completed: reports.length,
    failed: results.filter(({ status }) => status === 'failed').length,
    cancelled: results.filter(({ status }) => status === 'cancelled').length,
    commits: sum(({ commits }) => commits.total),
    files: sum(({ files }) => files.total),
    lines: sum(({ files }) => files.lines),
  };
}
