/** Owns the routes of statistics, queues, workers, errors. */
import { failuresOf } from '../../contract/statistics/overview.ts';
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
    return { errors: failuresOf(types) };
  },
};
