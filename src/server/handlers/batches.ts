/** Owns the routes of batches. */
import type { AddBatchOptions } from '../../client.ts';
import { type Handlers, tenantOfAdd } from '../context.ts';

export const batchHandlers: Handlers<'addBatch' | 'listItems' | 'readResults'> = {
  async addBatch({ query: { type, name, concurrency, onItemFailure, options }, body }, context) {
    const tenant = tenantOfAdd(options?.tenant, context);
    const contract = context.contracts.toAdd(type);
    const { id } = await context.jobs.addBatch(contract, body, {
      // The fields are those of the client, whose own check says what is wrong with a value.
      ...(options as AddBatchOptions | undefined),
      ...(name === undefined ? {} : { name }),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(onItemFailure === undefined ? {} : { onItemFailure }),
      ...(tenant === undefined ? {} : { tenant }),
    });
    context.audited.jobs = [id];
    return { id, deduplicated: false };
  },

  async listItems({ params: { id }, query: { status, from, limit } }, { jobs }) {
    return await jobs.items(id, {
      ...(status === undefined ? {} : { status }),
      ...(from === undefined ? {} : { from }),
      ...(limit === undefined ? {} : { limit }),
    });
  },

  async readResults({ params: { id } }, { jobs }) {
    // What is wrong with the id is said before the answer has begun.
    await jobs.items(id, { limit: 1 });
    return jobs.results(id);
  },
};
