/** Owns the handlers of a process, by job type. Handlers may come while the worker runs. */
import { readCleanUpType } from '../contract/clean-up.ts';
import type { JobContract } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { show } from '../contract/options.ts';
import type { CleanUpOf } from './clean-up.ts';
import type { HandledJob, JobDeclaration } from './handle.ts';

export class HandlerRegistry {
  readonly #handled = new Map<string, HandledJob>();
  readonly #contracts = new Map<string, JobContract>();

  constructor(jobs: readonly JobDeclaration[] = []) {
    for (const job of jobs) this.add(job);
  }

  /** @throws JobError `invalid-contract` when the type is there already */
  add(job: JobDeclaration): void {
    const name = job?.contract?.name;
    if (typeof name !== 'string')
      throw new JobError('invalid-contract', `Expected a job made by handle(contract, handler) or multiStep(contract), got: ${show(job)}.`);
    if (this.#contracts.has(name))
      throw new JobError('invalid-contract', `The job type "${name}" was given twice. Each type has one handler in a process.`);
    if ('handler' in job && typeof job.handler !== 'function')
      throw new JobError('invalid-contract', `Expected the handler of "${name}" to be a function, got: ${show(job.handler)}.`);
    this.#contracts.set(name, job.contract);
    if ('handler' in job) this.#handled.set(name, job);
  }

  /** Adds the job, in the place of an earlier one of its type. Attempts under way end with the handler they began with. */
  replace(job: JobDeclaration): void {
    this.#contracts.delete(job.contract.name);
    this.#handled.delete(job.contract.name);
    this.add(job);
  }

  handler(type: string): HandledJob | undefined {
    return this.#handled.get(type);
  }

  /** The job that an activity type is the clean-up of. */
  cleanUp(type: string): CleanUpOf | undefined {
    const cleanUp = readCleanUpType(type);
    const job = cleanUp && this.#handled.get(cleanUp.jobType);
    return job && { job, kind: cleanUp.kind };
  }

  contract(type: string): JobContract | undefined {
    return this.#contracts.get(type);
  }

  get contracts(): readonly JobContract[] {
    return [...this.#contracts.values()];
  }

  /** What is done beside handling these jobs. */
  get besides(): readonly NonNullable<HandledJob['beside']>[] {
    return [...this.#handled.values()].flatMap(({ beside }) => (beside === undefined ? [] : [beside]));
  }

  get handledTypes(): readonly string[] {
    return [...this.#handled.keys()];
  }
}
