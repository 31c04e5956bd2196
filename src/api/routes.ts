/**
 * Owns the table of all routes: the contract of the API. Routing, checks, the OpenAPI description, the clients and the table of
 * permissions are made from it. Pure; browsers load it.
 */
import type { z } from 'zod';
import { accessRoutes } from './routes/access-routes.ts';
import { batchRoutes } from './routes/batch-routes.ts';
import { downloadRoutes } from './routes/download-routes.ts';
import { jobRoutes } from './routes/job-routes.ts';
import { eventRoutes } from './routes/live-routes.ts';
import { operationRoutes } from './routes/operation-routes.ts';
import { queueRoutes } from './routes/queue-routes.ts';
import { serviceRoutes } from './routes/service-routes.ts';
import { typeRoutes } from './routes/type-routes.ts';

/** Every route by its name, which is its `operationId`. */
export const routes = {
  ...jobRoutes,
  ...batchRoutes,
  ...eventRoutes,
  ...operationRoutes,
  ...queueRoutes,
  ...typeRoutes,
  ...downloadRoutes,
  ...accessRoutes,
  ...serviceRoutes,
} as const;

export type Routes = typeof routes;
export type RouteName = keyof Routes;

/** What the handler of a route is given: all of it checked. */
export interface RouteInput<K extends RouteName> {
  readonly params: z.output<Routes[K]['params']>;
  readonly query: z.output<Routes[K]['query']>;
  readonly body: z.output<NonNullable<Routes[K]['body']>>;
}

/** What a client sends. */
export interface RouteRequest<K extends RouteName> {
  readonly params: z.input<Routes[K]['params']>;
  readonly query: z.input<Routes[K]['query']>;
  readonly body: z.input<NonNullable<Routes[K]['body']>>;
}

/** What a route answers: the document, or each event or line. */
export type RouteAnswer<K extends RouteName> = z.output<Routes[K]['answer']>;
