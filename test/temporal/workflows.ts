/** Workflow code as it should not be: for tests of what is told about it. */
import { proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';

/** Fails at its first step, or does other things than the code that began the job. */
export default async function broken(): Promise<void> {
  const { workflowType } = workflowInfo();
  if (workflowType === 'broken-code') throw new Error('a mistake in the code');
  await sleep('1s');
  await proxyActivities<{ other: () => Promise<void> }>({ startToCloseTimeout: '1m' }).other();
}
