/** Owns the routes of export downloads. */
import { JobError, unknownJob } from '../../contract/errors.ts';
import type { CallContext, Handlers } from '../context.ts';
import type { Downloads } from '../downloads.ts';

export const downloadHandlers: Handlers<'linkDownload' | 'getDownload'> = {
  async linkDownload({ params: { id }, body: { expiresIn } }, context) {
    const job = await context.jobs.get(id);
    if (job === undefined) throw unknownJob(id);
    const { token, ...link } = await downloadsOf(context).link(job, expiresIn as Parameters<Downloads['link']>[1]);
    return { url: `${context.basePath}/v1/downloads/${token}`, ...link };
  },

  async getDownload({ params: { token } }, context) {
    return await downloadsOf(context).open(token);
  },
};

function downloadsOf({ downloads }: CallContext): Downloads {
  if (downloads !== undefined) return downloads;
  throw new JobError(
    'conflict',
    'This server knows no folder of exports. Set HOLDFAST_EXPORTS to the folder that export-data writes to, and start it again.',
  );
}
