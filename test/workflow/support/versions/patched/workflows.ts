/** The same change, for jobs that begin after it only. */
import { jobWorkflow, jobWorkflows, patched } from '../../../../../src/workflows/index.ts';
import type { stepOfVersion, versioned } from '../jobs.ts';

const body = jobWorkflow<typeof versioned>('versioned', async (_input, job) => {
  const before = patched('child-before-first') ? [await job.child<typeof stepOfVersion>('step-of-version', { what: 'before' })] : [];
  const first = await job.run<typeof stepOfVersion>('step-of-version', { what: 'first' });
  return [...before, first];
});

export default jobWorkflows(body);
