/** Owns the table of what each route does. */
import type { RouteName } from '../api/routes.ts';
import type { Handlers } from './context.ts';
import { accessHandlers } from './handlers/access.ts';
import { batchHandlers } from './handlers/batches.ts';
import { downloadHandlers } from './handlers/downloads.ts';
import { jobTypeHandlers } from './handlers/job-types.ts';
import { jobHandlers } from './handlers/jobs.ts';
import { liveHandlers } from './handlers/live.ts';
import { operationHandlers } from './handlers/operations.ts';
import { queueHandlers } from './handlers/queues.ts';
import { serviceHandlers } from './handlers/service.ts';

/** Every route has a handler: the type says so. */
export const handlers: Handlers<RouteName> = {
  ...jobHandlers,
  ...batchHandlers,
  ...liveHandlers,
  ...operationHandlers,
  ...queueHandlers,
  ...jobTypeHandlers,
  ...downloadHandlers,
  ...accessHandlers,
  ...serviceHandlers,
};
