/** Owns the routes of batches: add one, and read its items. A batch is a job: it is read, cancelled and retried as one. */
import { route } from '../route.ts';
import { batchItem, batchItems, listingItems, newBatch, newBatchInputs } from '../schemas/batches.ts';
import { addedJob } from '../schemas/jobs.ts';
import { byJob } from '../schemas/parameters.ts';

export const batchRoutes = {
  addBatch: route({
    method: 'POST',
    path: '/v1/batches',
    tag: 'Batches',
    summary: 'Add a batch: one job with up to a million items, whose inputs are the lines of the body',
    description: 'Answers when all of it is stored. A line that is refused leaves nothing behind; the error says which it was, from 0.',
    role: 'operator',
    act: 'addBatch',
    query: newBatch,
    body: newBatchInputs,
    bodyKind: 'lines',
    answer: addedJob,
    status: 202,
    location: '/v1/jobs/{id}',
    problems: ['invalid-input', 'invalid-options', 'invalid-contract', 'unknown-job-type', 'payload-too-large', 'not-configured'],
  }),
  listItems: route({
    method: 'GET',
    path: '/v1/jobs/{id}/items',
    tag: 'Batches',
    summary: 'The items of a batch, in order',
    role: 'viewer',
    params: byJob,
    query: listingItems,
    answer: batchItems,
    problems: ['not-found', 'conflict', 'invalid-options', 'not-configured'],
  }),
  readResults: route({
    method: 'GET',
    path: '/v1/jobs/{id}/results',
    tag: 'Batches',
    summary: 'What became of the items of a batch that have ended, in order, a line each',
    role: 'viewer',
    params: byJob,
    kind: 'lines',
    answer: batchItem,
    problems: ['not-found', 'conflict', 'not-configured'],
  }),
} as const;
