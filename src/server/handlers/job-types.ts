/** Owns the routes of job types. */
import { JobError } from '../../contract/errors.ts';
import { show } from '../../contract/options.ts';
import type { CallContext, Handlers } from '../context.ts';

export const jobTypeHandlers: Handlers<'listJobTypes' | 'getJobType'> = {
  async listJobTypes(_input, context) {
    const { contracts } = context;
    const names = new Set([...contracts.names, ...(await seenTypes(context))]);
    return { types: [...names].toSorted().map((name) => contracts.describe(name)) };
  },

  async getJobType({ params: { type } }, context) {
    const { contracts } = context;
    if (!contracts.has(type) && !(await seenTypes(context)).includes(type))
      throw new JobError('not-found', `No job type is called ${show(type)}. The list is at /v1/job-types.`, { details: { type } });
    return contracts.describe(type);
  },
};

/** Types that jobs were seen of. A tenant is not told of those of others. */
async function seenTypes({ jobs, principal }: CallContext): Promise<readonly string[]> {
  if (principal?.tenant !== undefined) return [];
  const { types } = await jobs.stats();
  return types.map(({ type }) => type);
}
