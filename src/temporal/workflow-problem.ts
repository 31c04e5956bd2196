/** Owns why the workflow code of a job fails: read from its history, and only for a job whose workflow task is tried again. */
import type { Temporal } from './connection.ts';
import type { JobDescription } from './describe.ts';

/** What the worker said of the workflow task that it failed. */
export interface WorkflowProblem {
  readonly error: string;
  readonly isNonDeterministic: boolean;
}

/** After the failed task there may be signals and a cancel. */
const LAST_EVENTS = 20;
const MAX_ERROR_LENGTH = 300;
const NON_DETERMINISM = /TMPRL1100|nondetermin|non-determin/i;
/** The protocol's name of the cause, for a message that does not say it. */
const NON_DETERMINISTIC_CAUSE = '24';

/** The newest failure of the workflow task that is tried again; undefined when it did not fail: its worker died or was too slow. */
export async function readWorkflowProblem(temporal: Temporal, { id, runId }: JobDescription): Promise<WorkflowProblem | undefined> {
  const answer = await temporal.read(`read the history of job "${id}"`, () =>
    temporal.client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: temporal.namespace,
      execution: { workflowId: id, runId },
      maximumPageSize: LAST_EVENTS,
    }),
  );
  for (const event of answer.history?.events ?? []) {
    if (event.workflowTaskCompletedEventAttributes != null || event.workflowTaskTimedOutEventAttributes != null) return undefined;
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed == null) continue;
    const error = (failed.failure?.message || 'without a message').slice(0, MAX_ERROR_LENGTH);
    return { error, isNonDeterministic: String(failed.cause) === NON_DETERMINISTIC_CAUSE || NON_DETERMINISM.test(error) };
  }
  return undefined;
}
