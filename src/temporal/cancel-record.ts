/** Owns how a cancel is read back from a job's history. */
import type { temporal } from '@temporalio/proto';
import { instantMs, isoTime } from './protocol.ts';

/** A cancel, as the job's history has it. */
export interface CancelRecord {
  /** ISO 8601. */
  readonly at: string;
  readonly reason?: string;
  readonly actor?: string;
}

/** The cancel that an event records; undefined for any other event. */
export function cancelIn(event: temporal.api.history.v1.IHistoryEvent): CancelRecord | undefined {
  const request = event.workflowExecutionCancelRequestedEventAttributes;
  if (request == null) return undefined;
  return {
    at: isoTime(instantMs(event.eventTime) ?? 0),
    ...(request.cause ? { reason: request.cause } : {}),
    ...(request.identity ? { actor: request.identity } : {}),
  };
}
