/** Owns the translation of the Temporal SDK's errors to the catalogue. The only place that knows gRPC codes. */
import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { asJobError, type ErrorCode, fieldOf, JobError, messageOf } from '../contract/errors.ts';

const CODE_OF_GRPC: Readonly<Record<number, ErrorCode>> = {
  3: 'invalid-options',
  4: 'unavailable',
  5: 'not-found',
  6: 'conflict',
  8: 'overloaded',
  14: 'unavailable',
};
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;

/** The `JobError` for anything that a call to Temporal threw. `what` is what was tried, `address` where. */
export function translateError(error: unknown, what: string, address: string): JobError {
  const known = asJobError(error);
  if (known !== undefined) return known;
  if (error instanceof WorkflowExecutionAlreadyStartedError)
    return new JobError('conflict', `Could not ${what}: a job with the id "${error.workflowId}" exists already.`, { cause: error });
  if (error instanceof WorkflowNotFoundError)
    return new JobError('not-found', `Could not ${what}: no job has the id "${error.workflowId}".`, { cause: error });
  const grpc = grpcCause(error);
  if (error instanceof NamespaceNotFoundError || (grpc !== undefined && isNamespaceUnknown(grpc))) {
    const details = grpc?.details ?? `Namespace ${String(fieldOf(error, 'namespace'))} is not found.`;
    const message = `Could not ${what}: ${details} Create it on ${address}, or correct TEMPORAL_NAMESPACE.`;
    return new JobError('invalid-config', message, { cause: error });
  }
  if (grpc === undefined) return new JobError('internal', `Could not ${what}: ${messageOf(error)}`, { cause: error });
  if (isTooLarge(grpc)) return new JobError('payload-too-large', `Could not ${what}: ${grpc.details}`, { cause: error });
  const code = CODE_OF_GRPC[grpc.code] ?? 'internal';
  const next = code === 'unavailable' ? ` Temporal at ${address} does not answer; is it running?` : '';
  return new JobError(code, `Could not ${what}: ${grpc.details}.${next}`, { cause: error, details: { address, grpcCode: grpc.code } });
}

/** True when the server says that there is no job of the id that was asked for. */
export function isJobUnknown(error: unknown): boolean {
  const grpc = grpcCause(error);
  return grpc?.code === NOT_FOUND && !isNamespaceUnknown(grpc);
}

function isNamespaceUnknown({ code, details }: { code: number; details: string }): boolean {
  return code === NOT_FOUND && /^namespace\b/i.test(details);
}

/** True when the server does not have the call: an older one, or the time-skipping server of the tests. Translated or not. */
export function isUnimplemented(error: unknown): boolean {
  return grpcCause(asJobError(error)?.cause ?? error)?.code === UNIMPLEMENTED;
}

function grpcCause(error: unknown): { code: number; details: string } | undefined {
  // Over a worker's connection the error has the same name, no cause below it, and its text in the message.
  const cause = error instanceof ServiceError && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) ? { code: cause.code, details: cause.details === '' ? cause.message : cause.details } : undefined;
}

function isTooLarge({ code, details }: { code: number; details: string }): boolean {
  return (
    (code === INVALID_ARGUMENT && /size exceeds limit/i.test(details)) || (code === RESOURCE_EXHAUSTED && /larger than max/i.test(details))
  );
}
