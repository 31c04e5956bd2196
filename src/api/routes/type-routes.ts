/** Owns the routes of job types. */
import { route } from '../route.ts';
import { byType } from '../schemas/parameters.ts';
import { jobType, jobTypeList } from '../schemas/service.ts';

export const typeRoutes = {
  listJobTypes: route({
    method: 'GET',
    path: '/v1/job-types',
    tag: 'Job types',
    summary: 'The job types: those that can be added, and those that jobs were seen of',
    role: 'viewer',
    answer: jobTypeList,
  }),
  getJobType: route({
    method: 'GET',
    path: '/v1/job-types/{type}',
    tag: 'Job types',
    summary: 'A job type with the JSON Schemas of its input and output',
    role: 'viewer',
    params: byType,
    answer: jobType,
    problems: ['not-found'],
  }),
} as const;
