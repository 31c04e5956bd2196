/** Owns the contracts that the command line knows: the shipped ones, and those of a module. */
import type { JobContract } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { show } from '../contract/options.ts';
import { analyseRepositories, exportData, sendNotification } from '../jobs/index.ts';
import { closest } from './closest.ts';
import { projectJobs } from './project-jobs.ts';

/** Job types that every server can add. */
const SHIPPED: readonly JobContract[] = [analyseRepositories, exportData, sendNotification];

/** The shipped contracts, and those of a module, else of the project. @throws JobError `invalid-config` for what is no module of jobs */
export async function knownContracts(module: string | undefined, cwd: string): Promise<readonly JobContract[]> {
  const own = ((await projectJobs(module, cwd))?.jobs ?? []).map(({ contract }) => contract);
  return [...SHIPPED.filter(({ name }) => !own.some((contract) => contract.name === name)), ...own];
}

/** The contract of a type. @throws JobError `unknown-job-type` with what may have been meant */
export function contractNamed(type: string, contracts: readonly JobContract[]): JobContract {
  const found = contracts.find(({ name }) => name === type);
  if (found !== undefined) return found;
  const names = contracts.map(({ name }) => name).toSorted();
  const hint = closest(type, names);
  throw new JobError(
    'unknown-job-type',
    `There is no job type ${show(type)}${hint === undefined ? '.' : `; did you mean ${hint}?`} Known are: ${names.join(', ')}. Name the module of yours with --jobs, or in holdfast.config.mjs.`,
    { details: { type } },
  );
}
