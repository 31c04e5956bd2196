/** Owns the list of job types that come with the package, bound to their handlers. */
import { type AnalyserSettings, analyseRepositoryHandler } from './activities/analyse-repositories/analyse-repository.ts';
import { removeJobFolder } from './activities/analyse-repositories/scratch-folder.ts';
import { handle, type JobDeclaration, multiStep } from './activities/handle.ts';
import { analyseRepositories, analyseRepository, removeAnalysisFiles } from './jobs/analyse-repositories.ts';

export type { AnalyserSettings };

/**
 * The shipped job types, for `createWorker({ jobs: [...shippedJobs(settings), …] })`.
 * @example createWorker({ jobs: shippedJobs({ workDir: '/var/tmp/holdfast', allowedRoots: ['/srv/git'] }) })
 */
export function shippedJobs(settings: AnalyserSettings): readonly JobDeclaration[] {
  return [
    multiStep(analyseRepositories),
    handle(analyseRepository, analyseRepositoryHandler(settings)),
    handle(removeAnalysisFiles, async ({ jobId }) => await removeJobFolder(settings.workDir, jobId)),
  ];
}
