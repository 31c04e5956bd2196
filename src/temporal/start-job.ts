/** Owns the one call that makes a job: a workflow of the job type's name. */
// The SDK has no public option for the request id of a start; its Nexus helpers give theirs in this way.
import { type InternalWorkflowStartOptions, InternalWorkflowStartOptionsSymbol } from '@temporalio/client/lib/internal.js';
import type { Priority } from '@temporalio/common';
import type { AddPlan } from '../contract/add-options.ts';
import { type JobMemo, MEMO_KEY } from '../contract/messages.ts';
import { runTimeoutMs, type TimeLimits } from '../contract/time-limits.ts';
import type { Temporal } from './connection.ts';
import { searchAttributes, withAttributes } from './search-attributes.ts';

export interface NewJob {
  readonly id: string;
  readonly type: string;
  readonly input: unknown;
  readonly plan: AddPlan;
  /** What is kept beside what the plan says. */
  readonly memo?: Partial<JobMemo>;
  /** Whether a job of this id may be there. @default refused while it is open */
  readonly policy?: StartPolicy;
}

export interface StartPolicy {
  readonly reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY';
  /** Two starts with one request id are one start. */
  readonly requestId?: string;
}

/** Starts the job; resolves with its run id when the server has stored it. */
export async function startJob(temporal: Temporal, job: NewJob): Promise<string> {
  return await withAttributes(temporal, async () => await start(temporal, job));
}

async function start(temporal: Temporal, { id, type, input, plan, ...job }: NewJob): Promise<string> {
  const memo: JobMemo = {
    maxAttempts: plan.maxAttempts,
    ...limitsOf(plan),
    ...(plan.key === undefined ? {} : { key: plan.key }),
    ...(plan.delayMs === 0 ? {} : { delayMs: plan.delayMs }),
    ...job.memo,
  };
  const runTimeout = runTimeoutMs(plan.runOptions ?? {});
  const handle = await temporal.add(`add job "${type}"`, () =>
    temporal.client.workflow.start(type, {
      workflowId: id,
      taskQueue: plan.queue,
      args: plan.runOptions === undefined ? [input] : [input, plan.runOptions],
      memo: { [MEMO_KEY]: memo },
      ...(plan.delayMs === 0 ? {} : { startDelay: plan.delayMs }),
      // Counted from the end of the delay, unlike the execution's.
      ...(runTimeout === undefined ? {} : { workflowRunTimeout: runTimeout }),
      ...priorityOption(plan),
      ...policyOptions(job.policy),
      ...searchAttributes({ ...plan, carries: memo.carries, isBatch: memo.batch !== undefined }),
    }),
  );
  return handle.firstExecutionRunId;
}

function limitsOf({ runOptions: { deadlineMs, expiresInMs } = {} }: AddPlan): TimeLimits {
  return { ...(deadlineMs === undefined ? {} : { deadlineMs }), ...(expiresInMs === undefined ? {} : { expiresInMs }) };
}

function priorityOption({ priorityKey, key }: AddPlan): { priority?: Priority } {
  if (priorityKey === undefined && key === undefined) return {};
  return { priority: { ...(priorityKey === undefined ? {} : { priorityKey }), ...(key === undefined ? {} : { fairnessKey: key }) } };
}

function policyOptions(policy: StartPolicy | undefined): Partial<InternalWorkflowStartOptions> {
  if (policy === undefined) return {};
  const { reuse, requestId } = policy;
  return {
    workflowIdReusePolicy: reuse,
    workflowIdConflictPolicy: 'FAIL',
    ...(requestId === undefined ? {} : { [InternalWorkflowStartOptionsSymbol]: { requestId } }),
  };
}
