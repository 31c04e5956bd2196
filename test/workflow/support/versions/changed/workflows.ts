/** The body changed without regard to jobs under way: they cannot be replayed. */
import { jobWorkflow, jobWorkflows } from '../../../../../src/workflows/index.ts';
import type { stepOfVersion, versioned } from '../jobs.ts';

const body = jobWorkflow<typeof versioned>('versioned', async (_input, job) => {
  const child = await job.child<typeof stepOfVersion>('step-of-version', { what: 'before' });
  const first = await job.run<typeof stepOfVersion>('step-of-version', { what: 'first' });
  return [child, first];
});

export default jobWorkflows(body);
