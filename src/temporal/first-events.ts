/**
 * Owns what the first events of a job's history say: its input, what was done with it by hand, and whether its work has
 * begun. Describe knows none of it.
 */
import type { temporal } from '@temporalio/proto';
import { type ActionSignal, asActionSignal, BY_HAND } from '../contract/action-signal.ts';
import { type ActionRecord, noteIn } from '../contract/actions.ts';
import { priorityOfKey } from '../contract/priority.ts';
import { cancelIn } from './cancel-record.ts';
import type { Temporal } from './connection.ts';
import { instantMs, isoTime, payloadAt } from './protocol.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export interface FirstEvents {
  readonly input: unknown;
  /** Second argument of the workflow, as it came. */
  readonly runOptions: unknown;
  /** What was done by hand, oldest first. */
  readonly actions: readonly ActionRecord[];
  /** When the job may start, ms since 1970, if that was changed by hand. */
  readonly dueMs: number | undefined;
  /** True once a handler, a child or a step was started. */
  readonly isBegun: boolean;
}

/** What is done by hand is done early in a job's life; a history of more events is not read to its end. */
const EVENTS_READ = 200;

/** Reads the first `events` of the run, 200 unless fewer will do. */
export async function readFirstEvents(
  temporal: Temporal,
  { id, runId }: { readonly id: string; readonly runId: string },
  events = EVENTS_READ,
): Promise<FirstEvents> {
  const answer = await temporal.read(`read the history of job "${id}"`, () =>
    temporal.client.workflowService.getWorkflowExecutionHistory({
      namespace: temporal.namespace,
      execution: { workflowId: id, runId },
      maximumPageSize: events,
    }),
  );
  return firstEvents(answer.history?.events ?? []);
}

function firstEvents(events: readonly HistoryEvent[]): FirstEvents {
  const start = events[0]?.workflowExecutionStartedEventAttributes;
  const signals = events.map(signalIn).filter((signal) => signal !== undefined);
  return {
    input: payloadAt(start?.input, 0),
    runOptions: payloadAt(start?.input, 1),
    actions: events.map(actionIn).filter((action) => action !== undefined),
    dueMs: signals.findLast(({ dueMs }) => dueMs !== undefined)?.dueMs,
    isBegun: events.some(isWork),
  };
}

function isWork(event: HistoryEvent): boolean {
  const { activityTaskScheduledEventAttributes, markerRecordedEventAttributes, startChildWorkflowExecutionInitiatedEventAttributes } =
    event;
  return [
    activityTaskScheduledEventAttributes,
    markerRecordedEventAttributes,
    startChildWorkflowExecutionInitiatedEventAttributes,
    event.workflowPropertiesModifiedEventAttributes,
  ].some((attributes) => attributes != null);
}

function signalIn({ workflowExecutionSignaledEventAttributes: signal }: HistoryEvent): ActionSignal | undefined {
  return signal?.signalName === BY_HAND ? asActionSignal(payloadAt(signal.input, 0)) : undefined;
}

/** What an event says was done by hand; undefined for another event. */
export function actionIn(event: HistoryEvent): ActionRecord | undefined {
  const cancel = cancelIn(event);
  if (cancel !== undefined) return { action: 'cancel', ...cancel };
  const signal = signalIn(event);
  if (signal === undefined) return undefined;
  const { action, dueMs, priorityKey } = signal;
  return {
    action,
    at: isoTime(instantMs(event.eventTime) ?? 0),
    ...noteIn(signal),
    ...(action === 'postpone' && dueMs !== undefined ? { until: isoTime(dueMs) } : {}),
    ...(priorityKey === undefined ? {} : { priority: priorityOfKey(priorityKey) }),
  };
}
