/** Owns whether a job of which everything is known matches a filter, as the server's index decides it for the others. */
import type { JobSnapshot, JobSummary } from '../contract/snapshot.ts';
import { isError } from './failed-jobs.ts';
import type { JobFilter } from './read-jobs.ts';

/** True for a job that the filter means; the time of its add is not looked at. */
export function isMeant(
  { id, type, queue, status, tags, key, tenant, error, batch, parent }: JobSummary & Pick<JobSnapshot, 'error'>,
  filter: JobFilter,
): boolean {
  return (
    (filter.type === undefined || filter.type === type) &&
    (filter.queue === undefined || filter.queue === queue) &&
    (filter.status === undefined || filter.status === status) &&
    (filter.key === undefined || filter.key === key) &&
    (filter.error === undefined || (error !== undefined && isError(error, filter.error))) &&
    (filter.parent === undefined || filter.parent === parent) &&
    (filter.batch === undefined || batch !== undefined) &&
    (filter.tenant === undefined || filter.tenant === tenant) &&
    (filter.idPrefix === undefined || id.startsWith(filter.idPrefix)) &&
    (filter.tags ?? []).every((tag) => tags.includes(tag))
  );
}
