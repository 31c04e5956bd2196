/** Owns the reading of protocol values: timestamps, payloads, failures. Everything above it sees plain values. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { asAttemptState, type AttemptState } from '../contract/attempts.ts';
import { failureCode, type FailureKind } from '../contract/failure-code.ts';
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
  const kind = kindOf(root);
  const code = failureCode(kind, root.applicationFailureInfo?.type);
  return { code, message: kind === 'timeout' ? message || 'The job took too long.' : message };
}

function kindOf(failure: ProtoFailure): FailureKind {
  if (failure.timeoutFailureInfo != null) return 'timeout';
  if (failure.terminatedFailureInfo != null) return 'terminated';
  if (failure.canceledFailureInfo != null) return 'cancelled';
  return failure.applicationFailureInfo == null ? 'other' : 'application';
}

/** The attempt record in a failure's details, when the handler wrapper put one there. */
export function stateInFailure(failure: ProtoFailure | null | undefined): AttemptState | undefined {
  if (failure == null) return undefined;
  const root = rootFailure(failure);
  return asAttemptState(payloadAt(root.applicationFailureInfo?.details ?? root.canceledFailureInfo?.details, 0));
}
