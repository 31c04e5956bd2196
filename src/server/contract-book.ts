/** Owns the contracts that a server knows: by them it checks what is added, and describes job types to those who ask. */
import type { JobContract } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { jsonSchemas } from '../contract/json-schema.ts';
import { show } from '../contract/options.ts';
import { parseInput } from '../contract/validate.ts';

/** What is told of a job type. */
export interface JobTypeDescription {
  readonly type: string;
  readonly queue?: string;
  /** False: jobs of it were seen, and there is no contract. */
  readonly canAdd: boolean;
  readonly hasSteps: boolean;
  readonly input?: Record<string, unknown>;
  readonly output?: Record<string, unknown>;
}

export class ContractBook {
  readonly #contracts: ReadonlyMap<string, JobContract>;

  /** @throws JobError `invalid-config` for two contracts of one name */
  constructor(contracts: Iterable<JobContract>) {
    const book = new Map<string, JobContract>();
    for (const contract of contracts) {
      if (book.has(contract.name) && book.get(contract.name) !== contract)
        throw new JobError('invalid-config', `Two contracts have the name "${contract.name}". Leave one out, or name it otherwise.`);
      book.set(contract.name, contract);
    }
    this.#contracts = book;
  }

  get names(): readonly string[] {
    return [...this.#contracts.keys()].toSorted();
  }

  /** The contract to add a job with. @throws JobError `unknown-job-type` */
  toAdd(type: string): JobContract {
    const contract = this.#contracts.get(type);
    if (contract !== undefined) return contract;
    const known = this.names.length === 0 ? 'none' : this.names.join(', ');
    throw new JobError(
      'unknown-job-type',
      `The server has no contract for the job type ${show(type)}. Known are: ${known}. Start the server with --jobs <module>, or a holdfast.config beside it, that has the type.`,
      { details: { type } },
    );
  }

  /** Checks input of a type whose contract is known. @throws JobError `invalid-input` */
  async checkInput(type: string, input: unknown): Promise<void> {
    const contract = this.#contracts.get(type);
    if (contract !== undefined) await parseInput(contract, input);
  }

  /** What is known of a type. */
  describe(type: string): JobTypeDescription {
    const contract = this.#contracts.get(type);
    if (contract === undefined) return { type, canAdd: false, hasSteps: false };
    return { type, queue: contract.queue, canAdd: true, hasSteps: contract.steps, ...jsonSchemas(contract) };
  }

  has(type: string): boolean {
    return this.#contracts.has(type);
  }
}
