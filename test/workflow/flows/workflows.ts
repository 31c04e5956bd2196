/** The workflow of the job that starts others. */
import { jobWorkflow, jobWorkflows } from '../../../src/workflows/index.ts';
import type { alone, fanOut, shared } from './flow-jobs.ts';

const body = jobWorkflow<typeof fanOut>('fan-out', async ({ type, names, onFailure, group }, job) => {
  return await job.children<typeof alone | typeof shared>(type, names, { onFailure, group });
});

export default jobWorkflows(body);
