/** Owns how the filter of a request becomes that of the client: a tenant's is narrowed to its own jobs. */
import type { JobFilter } from '../temporal/read-jobs.ts';
import type { CallContext } from './context.ts';

/** A filter as requests write it: `tag` in a query, `tags` in a body. */
export type RequestFilter = JobFilter & { readonly tag?: readonly string[] };

/** The filter for the client. */
export function filterOf({ tag, ...filter }: RequestFilter, { principal }: Pick<CallContext, 'principal'>): JobFilter {
  return {
    ...filter,
    ...(tag === undefined ? {} : { tags: tag }),
    ...(principal?.tenant === undefined ? {} : { tenant: principal.tenant }),
  };
}
