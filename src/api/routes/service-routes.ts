/** Owns the routes that tell of the server itself. */
import { z } from 'zod';
import { route } from '../route.ts';
import { health, readiness, serverFacts } from '../schemas/service.ts';

export const serviceRoutes = {
  getHealth: route({
    method: 'GET',
    path: '/v1/health',
    tag: 'Service',
    summary: 'Whether this process answers',
    role: 'anyone',
    answer: health,
  }),
  getReadiness: route({
    method: 'GET',
    path: '/v1/ready',
    tag: 'Service',
    summary: 'Whether it can do its work: 503 while Temporal cannot be reached',
    role: 'anyone',
    answer: readiness,
    problems: ['unavailable'],
  }),
  getServer: route({
    method: 'GET',
    path: '/v1/server',
    tag: 'Service',
    summary: 'What stands behind it: Temporal, how long jobs are kept, the largest values',
    role: 'viewer',
    forTenants: false,
    answer: serverFacts,
  }),
  getMetrics: route({
    method: 'GET',
    path: '/v1/metrics',
    tag: 'Service',
    summary: 'Metrics for Prometheus',
    role: 'viewer',
    forTenants: false,
    kind: 'text',
    answer: z.string(),
  }),
  getOpenApi: route({
    method: 'GET',
    path: '/v1/openapi.json',
    tag: 'Service',
    summary: 'This description of the API',
    role: 'anyone',
    answer: z.record(z.string(), z.unknown()),
  }),
} as const;
