/**
 * The entry of workflow code, bundled with the package: every job type that is one handler, and the shipped job types.
 * A file of your own that has multi-step jobs exports `jobWorkflows(mine, …)` as its default instead.
 */
import { workflowInfo } from '@temporalio/workflow';
import type { RunOptions } from '../contract/messages.ts';
import { STATISTICS_TYPE } from '../contract/statistics/queue-statistics.ts';
import { analyseRepositoriesWorkflow } from './analyse-repositories.ts';
import { runBatch } from './batch.ts';
import { carryJobs } from './carrier.ts';
import { type JobWorkflow, multiStep } from './multi-step.ts';
import { sendNotificationWorkflow } from './send-notification.ts';
import { singleStep } from './single-step.ts';
import { keepStatistics } from './statistics.ts';

export { type JobBody, jobWorkflow, type JobWorkflow } from './multi-step.ts';
/** Tells the versions of a body apart while jobs of the old one are under way: docs/changing-workflows.md. */
export { deprecatePatch, patched } from '@temporalio/workflow';
export type { ChildrenOptions, SettledChild } from './children.ts';
export type { ChildOptions, JobScope, SettledStep, StepRunOptions } from './job-scope.ts';

/** The one workflow function behind all job types: Temporal calls it for every type that has no export of its own. */
export type AnyJob = (input: unknown, options?: RunOptions) => Promise<unknown>;

const shipped: readonly JobWorkflow[] = [analyseRepositoriesWorkflow, sendNotificationWorkflow];

/**
 * The default export of a file with multi-step jobs. Types that are not among `workflows` run their handler.
 * @example export default jobWorkflows(nightlyReport, importCatalogue);
 */
export function jobWorkflows(...workflows: readonly JobWorkflow[]): AnyJob {
  // Not async: the SDK records a stack for each promise of a workflow, which is most of what an own layer here would cost.
  return (input, options) => {
    const { workflowType } = workflowInfo();
    if (workflowType === STATISTICS_TYPE) return keepStatistics(input);
    const workflow = [...workflows, ...shipped].find(({ name }) => name === workflowType);
    if (workflow !== undefined) return multiStep(workflow, input, options);
    // Not a JobError: it must not end the job, but leave it to a worker that knows the type.
    if (options?.steps === true)
      throw new Error(
        `This worker has no workflow for the job type "${workflowType}". Give it the file with jobWorkflow('${workflowType}', …).`,
      );
    if (options?.batch !== undefined) return runBatch(options);
    return options?.carries === undefined ? singleStep(input, options) : carryJobs(input, options);
  };
}

export default jobWorkflows();
