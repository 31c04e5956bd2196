/** Owns the routes of statistics, queues, workers, errors. */
import type { Handlers } from '../context.ts';

export const queueHandlers: Handlers<'getStatistics' | 'listQueues' | 'listWorkers' | 'listErrors'> = {
  async getStatistics({ query }, { jobs }) {
    return await jobs.stats(query);
  },

  async listQueues(_input, { jobs }) {
    const { queues } = await jobs.stats();
    return { queues };
  },

  async listWorkers(_input, { jobs }) {
    const { workers } = await jobs.stats();
    return { workers };
  },

  async listErrors({ query }, { jobs }) {
    const { types } = await jobs.stats(query);
    const errors = types.flatMap(({ type, queue, failures }) => failures.map((group) => ({ type, queue, ...group })));
    return { errors: errors.toSorted((one, other) => other.count - one.count) };
  },
};
