/** Owns the one call that makes a job: a workflow of the job type's name. */
// The SDK has no public option for the request id of a start; its Nexus helpers give theirs in this way.
import { type InternalWorkflowStartOptions, InternalWorkflowStartOptionsSymbol } from '@temporalio/client/lib/internal.js';
import { defineSearchAttributeKey, type Priority, TypedSearchAttributes } from '@temporalio/common';
import type { AddPlan } from '../contract/add-options.ts';
import { type JobMemo, MEMO_KEY, TAGS_ATTRIBUTE } from '../contract/messages.ts';
import { runTimeoutMs, type TimeLimits } from '../contract/time-limits.ts';
import type { Temporal } from './connection.ts';

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

const TAGS_KEY = defineSearchAttributeKey(TAGS_ATTRIBUTE, 'KEYWORD_LIST');
/** The protocol's IndexedValueType of a list of keywords. */
const KEYWORD_LIST = 7;
const UNKNOWN_ATTRIBUTE = /no mapping defined|not defined|not registered|unable to find/i;

/** Starts the job; resolves with its run id when the server has stored it. */
export async function startJob(temporal: Temporal, job: NewJob): Promise<string> {
  try {
    return await start(temporal, job);
  } catch (error) {
    const isUnknown = job.plan.tags.length > 0 && error instanceof Error && UNKNOWN_ATTRIBUTE.test(error.message);
    if (!isUnknown) throw error;
    await registerTags(temporal);
    return await start(temporal, job);
  }
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
      ...(plan.tags.length === 0 ? {} : { typedSearchAttributes: new TypedSearchAttributes([{ key: TAGS_KEY, value: [...plan.tags] }]) }),
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

/** A cluster that has not seen tags before learns of them here; the embedded server knows them from its start. */
export async function registerTags(temporal: Temporal): Promise<void> {
  await temporal.call('register the search attribute of tags', () =>
    temporal.client.connection.operatorService.addSearchAttributes({
      namespace: temporal.namespace,
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the protocol's enums are CommonJS values that an ES module cannot import
      searchAttributes: { [TAGS_ATTRIBUTE]: KEYWORD_LIST },
    }),
  );
}
