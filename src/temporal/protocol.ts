/** Owns the reading of protocol values: timestamps, payloads, failures. Everything above it sees plain values. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { asAttemptState, type AttemptState } from '../contract/attempts.ts';
import type { JobFailure } from '../contract/snapshot.ts';

type Timestamp = { seconds?: { toNumber(): number } | null; nanos?: number | null } | null | undefined;
export type ProtoFailure = temporal.api.failure.v1.IFailure;
export type ProtoPayloads = temporal.api.common.v1.IPayloads | null | undefined;
export type ProtoPayload = temporal.api.common.v1.IPayload | null | undefined;

/** Milliseconds since 1970 of a protocol timestamp; undefined for none. */
export function instantMs(timestamp: Timestamp): number | undefined {
  if (timestamp === null || timestamp === undefined) return undefined;
  const milliseconds = (timestamp.seconds?.toNumber() ?? 0) * 1000 + (timestamp.nanos ?? 0) / 1e6;
  return milliseconds > 0 ? milliseconds : undefined;
}

/** ISO 8601 of milliseconds since 1970. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** The value in a payload; undefined when there is none or it cannot be read. */
export function payloadValue(payload: ProtoPayload): unknown {
  if (payload === null || payload === undefined) return undefined;
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    // Encoded by somebody else: the snapshot is worth showing without it.
    return undefined;
  }
}

/** The `index`-th of several payloads. */
export function payloadAt(payloads: ProtoPayloads, index: number): unknown {
  return payloadValue(payloads?.payloads?.[index]);
}

/** The innermost failure that says what happened: the handler's own, or a time-out. */
export function rootFailure(failure: ProtoFailure): ProtoFailure {
  const isWrapper = failure.activityFailureInfo != null || failure.childWorkflowExecutionFailureInfo != null;
  return isWrapper && failure.cause != null ? rootFailure(failure.cause) : failure;
}

/** Code and message of a failure. */
export function failureOf(failure: ProtoFailure): JobFailure {
  const root = rootFailure(failure);
  const message = root.message ?? '';
  if (root.timeoutFailureInfo != null) return { code: 'timed-out', message: message || 'The job took too long.' };
  if (root.terminatedFailureInfo != null) return { code: 'terminated', message };
  if (root.canceledFailureInfo != null) return { code: 'cancelled', message };
  const type = root.applicationFailureInfo?.type ?? '';
  const code = type === 'PayloadsTooLarge' ? 'payload-too-large' : type === '' || type === 'Error' ? 'handler-failed' : type;
  return { code, message };
}

/** The attempt record in a failure's details, when the handler wrapper put one there. */
export function stateInFailure(failure: ProtoFailure | null | undefined): AttemptState | undefined {
  if (failure == null) return undefined;
  const root = rootFailure(failure);
  return asAttemptState(payloadAt(root.applicationFailureInfo?.details ?? root.canceledFailureInfo?.details, 0));
}
