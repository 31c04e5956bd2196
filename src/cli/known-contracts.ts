/** Owns the contracts that the command line knows: the shipped ones, and those of a module. */
import type { JobContract } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { show } from '../contract/options.ts';
import { analyseRepositories, exportData, sendNotification } from '../jobs/index.ts';
import { closest } from './closest.ts';
import { loadJobs } from './load-jobs.ts';

/** Job types that every server can add. */
const SHIPPED: readonly JobContract[] = [analyseRepositories, exportData, sendNotification];

/** The contracts of a module before the shipped ones. @throws JobError `invalid-config` for a module that is none */
export async function knownContracts(module: string | undefined, cwd: string): Promise<readonly JobContract[]> {
  const own = module === undefined ? [] : (await loadJobs(module, cwd)).jobs.map(({ contract }) => contract);
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
    `There is no job type ${show(type)}${hint === undefined ? '' : `; did you mean ${hint}?`} Known are: ${names.join(', ')}. Name the module of yours with --jobs.`,
    { details: { type } },
  );
}
