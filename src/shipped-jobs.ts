/** Owns the list of job types that come with the package, bound to their handlers. */
import { resolve } from 'node:path';
import type { AnalyserSettings } from './activities/analyse-repositories/analyser-settings.ts';
import { analyseRepositoryHandler } from './activities/analyse-repositories/analyse-repository.ts';
import { removeJobFolder } from './activities/analyse-repositories/scratch-folder.ts';
import {
  exportCleanUp,
  exporter,
  exportHandler,
  type ExportSettings,
  type PostgresConnection,
} from './activities/export-data/export-data.ts';
import { startSweepingExports } from './activities/export-data/sweep-exports.ts';
import { handle, type HandledJob, handleServed, type JobDeclaration, multiStep } from './activities/handle.ts';
import { notificationJobs } from './activities/send-notification/jobs.ts';
import type { MailServer, MailTemplate, NotificationSettings } from './activities/send-notification/settings.ts';
import { type Environment, loadConfig, processEnvironment } from './config.ts';
import { analyseRepositories, analyseRepository, removeAnalysisFiles } from './jobs/analyse-repositories.ts';
import { exportData } from './jobs/export-data.ts';

export type { AnalyserSettings, ExportSettings, MailServer, MailTemplate, NotificationSettings, PostgresConnection };
export { notificationJobs };

/** What the shipped jobs may use of their worker. */
export interface ShippedJobsSettings extends AnalyserSettings {
  /** Where `export-data` reads and writes. @default the worker has no handler for `export-data` */
  readonly exports?: ExportSettings | undefined;
  /** What the job `send-notification` knows. @default what the environment says */
  readonly notifications?: NotificationSettings;
}

/**
 * The shipped job types, for `createWorker({ jobs: [...shippedJobs(settings), …] })`.
 * @throws JobError `invalid-options`, `invalid-config` for settings of exports or notifications that make no sense
 * @example createWorker({ jobs: shippedJobs({ workDir: '/var/tmp/holdfast', allowedRoots: ['/srv/git'], exports: { storage: '/srv/exports' } }) })
 */
export function shippedJobs(settings: ShippedJobsSettings): readonly JobDeclaration[] {
  return [
    multiStep(analyseRepositories),
    handle(analyseRepository, analyseRepositoryHandler(settings)),
    handle(removeAnalysisFiles, async ({ jobId }) => await removeJobFolder(settings.workDir, jobId)),
    ...(settings.exports === undefined ? [] : [handleExports(settings.exports)]),
    ...notificationJobs(settings.notifications),
  ];
}

/**
 * The settings of `export-data` that the environment has: `HOLDFAST_EXPORTS`, the folder that it writes to, and a
 * `HOLDFAST_POSTGRES_<NAME>` for each database, its URL. Undefined: there is no folder.
 * @param folder instead of `HOLDFAST_EXPORTS`, where that is not set
 * @throws JobError `invalid-config`
 * @example shippedJobs({ workDir, allowedRoots, exports: exportsFromEnvironment(process.env) })
 */
export function exportsFromEnvironment(env: Environment = processEnvironment(), folder?: string): ExportSettings | undefined {
  const config = loadConfig(env);
  const storage = config.exports ?? folder;
  if (storage === undefined) return undefined;
  const connections = Object.entries(config.connections).map(([name, url]) => [name, { url }] as const);
  return { storage: resolve(storage), connections: Object.fromEntries(connections) };
}

function handleExports(settings: ExportSettings): HandledJob {
  const own = exporter(settings);
  return handleServed(exportData, exportHandler(own), { ...exportCleanUp(own), beside: (log) => startSweepingExports(own.storage, log) });
}
