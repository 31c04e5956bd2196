/** Owns the routes of statistics, queues, workers, errors. */
import { route } from '../route.ts';
import { reporting } from '../schemas/parameters.ts';
import { errorList, jobStatistics, queueList, workerList } from '../schemas/statistics.ts';

export const queueRoutes = {
  getStatistics: route({
    method: 'GET',
    path: '/v1/stats',
    tag: 'Queues and statistics',
    summary: 'What the workers did and how the queues stand',
    role: 'viewer',
    forTenants: false,
    query: reporting,
    answer: jobStatistics,
    problems: ['invalid-options'],
  }),
  listQueues: route({
    method: 'GET',
    path: '/v1/queues',
    tag: 'Queues and statistics',
    summary: 'How much waits in each queue, and how long',
    role: 'viewer',
    forTenants: false,
    answer: queueList,
  }),
  listWorkers: route({
    method: 'GET',
    path: '/v1/workers',
    tag: 'Queues and statistics',
    summary: 'The processes that serve queues',
    role: 'viewer',
    forTenants: false,
    answer: workerList,
  }),
  listErrors: route({
    method: 'GET',
    path: '/v1/errors',
    tag: 'Queues and statistics',
    summary: 'Errors of attempts, those that mean the same together, the most frequent first',
    role: 'viewer',
    forTenants: false,
    query: reporting,
    answer: errorList,
    problems: ['invalid-options'],
  }),
} as const;
