/** The body that jobs were begun with. */
import { jobWorkflow, jobWorkflows } from '../../../../../src/workflows/index.ts';
import type { stepOfVersion, versioned } from '../jobs.ts';

const body = jobWorkflow<typeof versioned>('versioned', async (_input, job) => {
  const first = await job.run<typeof stepOfVersion>('step-of-version', { what: 'first' });
  return [first];
});

export default jobWorkflows(body);
