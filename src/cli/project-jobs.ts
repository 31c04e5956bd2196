/** Owns which jobs a command is about: those of a module that is named, else of the project's `holdfast.config`. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkProjectConfig, type ProjectConfig } from '../project-config.ts';
import { importModule, type LoadedJobs, loadJobs, workflowsFile } from './load-jobs.ts';

/** What a project's jobs are, and how its workers serve them. */
export interface ProjectJobs extends LoadedJobs, Pick<ProjectConfig, 'concurrency' | 'queues' | 'shutdownGrace'> {}

const NAMES = ['holdfast.config.js', 'holdfast.config.mjs', 'holdfast.config.ts', 'holdfast.config.mts'];

/**
 * The jobs of the module that is named, else of the nearest `holdfast.config`; undefined when there is neither.
 * @throws JobError `invalid-config`
 */
export async function projectJobs(module: string | undefined, cwd: string): Promise<ProjectJobs | undefined> {
  if (module !== undefined) return await loadJobs(module, cwd);
  const file = configFile(cwd);
  if (file === undefined) return undefined;
  const { jobs, workflows, ...worker } = await readConfig(file, relative(cwd, file));
  const folder = dirname(file);
  const loaded = await loadJobs(jobs, folder);
  return { ...loaded, ...worker, ...(workflows === undefined ? {} : { workflows: workflowsFile(workflows, folder) }) };
}

/** The nearest one, upwards from `folder`. */
function configFile(folder: string): string | undefined {
  const found = NAMES.map((name) => join(folder, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  return dirname(folder) === folder ? undefined : configFile(dirname(folder));
}

async function readConfig(file: string, name: string): Promise<ProjectConfig> {
  const module = await importModule(pathToFileURL(file).href, name);
  return checkProjectConfig(module['default'], name);
}
