/** Owns the routes of operations: an act on all jobs that match. */
import { route } from '../route.ts';
import { newOperation, operation, operationList, operationResult } from '../schemas/operations.ts';
import { byId, resultPage } from '../schemas/parameters.ts';

export const operationRoutes = {
  startOperation: route({
    method: 'POST',
    path: '/v1/operations',
    tag: 'Operations',
    summary: 'Retry, cancel or delete all jobs that match',
    description:
      'Counts the jobs that match, answers with the operation, and works on in the background. An empty filter is refused unless `all` is true.',
    role: 'operator',
    act: 'startOperation',
    body: newOperation,
    answer: operation,
    status: 202,
    location: '/v1/operations/{id}',
    problems: ['invalid-options', 'conflict'],
  }),
  listOperations: route({
    method: 'GET',
    path: '/v1/operations',
    tag: 'Operations',
    summary: 'The operations of this server, newest first',
    role: 'viewer',
    answer: operationList,
  }),
  getOperation: route({
    method: 'GET',
    path: '/v1/operations/{id}',
    tag: 'Operations',
    summary: 'How far an operation is',
    role: 'viewer',
    params: byId,
    answer: operation,
    problems: ['not-found'],
  }),
  abortOperation: route({
    method: 'POST',
    path: '/v1/operations/{id}/abort',
    tag: 'Operations',
    summary: 'Stop an operation; what it has done stays done',
    role: 'operator',
    act: 'abortOperation',
    params: byId,
    answer: operation,
    problems: ['not-found'],
  }),
  getOperationResults: route({
    method: 'GET',
    path: '/v1/operations/{id}/results',
    tag: 'Operations',
    summary: 'What became of each job, a line of JSON each',
    role: 'viewer',
    params: byId,
    query: resultPage,
    kind: 'lines',
    answer: operationResult,
    problems: ['not-found'],
  }),
} as const;
