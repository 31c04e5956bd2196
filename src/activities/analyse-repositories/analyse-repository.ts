/**
 * Owns the handler of the step `analyse-repository`: its log, its time limit, and that its folder is gone in the end. The work
 * itself is done by processes of git and in a thread: `analysis.ts`.
 */
import { appendFile } from 'node:fs/promises';
import type { ParsedInputOf } from '../../contract/define-job.ts';
import { JobError } from '../../contract/errors.ts';
import { type analyseRepository, type RepositoryReport, sourceProblem } from '../../jobs/analyse-repositories.ts';
import type { Handler, HandlerContext } from '../handle.ts';
import type { AnalyserSettings } from './analyser-settings.ts';
import { taskSettings } from './analysis-messages.ts';
import { AnalysisThreads } from './analysis-threads.ts';
import { startDeadline } from './deadline.ts';
import { languageData } from './language-data.ts';
import { makeScratchFolder, removeScratchFolder } from './scratch-folder.ts';

/**
 * A handler for the step `analyse-repository`.
 * @example handle(analyseRepository, analyseRepositoryHandler({ allowedRoots: ['/srv/git'], workDir: '/var/tmp/analyses' }))
 */
export function analyseRepositoryHandler(settings: AnalyserSettings): Handler<typeof analyseRepository> {
  const threads = new AnalysisThreads({ memoryMb: settings.memoryMb });
  return async (input, context) => {
    await log(settings, `start ${context.jobId} ${input.repository.source} attempt ${context.attempt}`);
    try {
      return await analyse(input, context, { settings, threads });
    } finally {
      await log(settings, `end ${context.jobId} ${input.repository.source} attempt ${context.attempt}`);
    }
  };
}

async function analyse(
  input: ParsedInputOf<typeof analyseRepository>,
  context: HandlerContext,
  { settings, threads }: { settings: AnalyserSettings; threads: AnalysisThreads },
): Promise<RepositoryReport> {
  const { repository, options } = input;
  const problem = sourceProblem(repository.source);
  if (problem !== undefined) throw new JobError('source-refused', problem);
  const folder = await makeScratchFolder(settings.workDir, context.jobId, `${repository.source} ${repository.ref ?? ''}`);
  const deadline = startDeadline(context.signal, options.timeLimitMs);
  try {
    const languages = await languageData();
    const onProgress = (percent: number, message: string): void => context.progress(percent, message);
    return await threads.run({ input, settings: taskSettings(settings), folder }, { languages, signal: deadline.signal, onProgress });
  } finally {
    deadline.stop();
    await removeScratchFolder(folder);
  }
}

async function log({ analysisLog }: AnalyserSettings, line: string): Promise<void> {
  if (analysisLog !== undefined) await appendFile(analysisLog, `${line}\n`);
}
