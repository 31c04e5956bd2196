/** Owns the routes of live events. */
import { route } from '../route.ts';
import { jobSnapshot } from '../schemas/jobs.ts';
import { byJob, byQueue, following } from '../schemas/parameters.ts';

export const eventRoutes = {
  watchJob: route({
    method: 'GET',
    path: '/v1/jobs/{id}/events',
    tag: 'Live events',
    summary: 'The snapshots of a job as it changes; the stream ends with its end',
    description: 'The id of an event is `<job>:<version>`. Reconnect with `Last-Event-ID`.',
    role: 'viewer',
    params: byJob,
    kind: 'events',
    answer: jobSnapshot,
    problems: ['not-found'],
  }),
  watchQueue: route({
    method: 'GET',
    path: '/v1/queues/{queue}/events',
    tag: 'Live events',
    summary: 'What changes of the jobs of a queue',
    role: 'viewer',
    params: byQueue,
    kind: 'events',
    answer: jobSnapshot,
    problems: ['invalid-options'],
  }),
  watchJobs: route({
    method: 'GET',
    path: '/v1/events',
    tag: 'Live events',
    summary: 'What changes of all jobs that match',
    role: 'viewer',
    query: following,
    kind: 'events',
    answer: jobSnapshot,
    problems: ['invalid-options'],
  }),
} as const;
