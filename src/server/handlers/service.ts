/** Owns the routes that tell of the server itself. */
import { openApi } from '../../api/open-api.ts';
import type { Handlers } from '../context.ts';

/** A job that is never there: looking for it costs the server one call. */
const NOBODY = 'holdfast-readiness-check';

export const serviceHandlers: Handlers<'getHealth' | 'getReadiness' | 'getServer' | 'getMetrics' | 'getOpenApi'> = {
  getHealth(_input, { version }) {
    return { status: 'ok', version };
  },

  async getReadiness(_input, { jobs }) {
    await jobs.get(NOBODY);
    return { status: 'ready' };
  },

  async getServer(_input, { jobs }) {
    return await jobs.server();
  },

  async getMetrics(_input, { metrics, jobs }) {
    return await metrics.page(jobs);
  },

  getOpenApi(_input, { version, basePath }) {
    return openApi({ version, basePath });
  },
};
