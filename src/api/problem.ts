/** Owns how an error travels over HTTP: as Problem Details (RFC 9457) with a code of the catalogue, and back. Pure. */
import type { z } from 'zod';
import { asJobError, type ErrorCode, errorCatalogue, isErrorCode, JobError } from '../contract/errors.ts';
import type { problem } from './schemas/service.ts';

export const PROBLEM_TYPE = 'application/problem+json';

export type Problem = z.output<typeof problem>;

/** Codes that every route may answer with. */
export const COMMON_PROBLEMS: readonly ErrorCode[] = ['invalid-request', 'too-many-requests', 'overloaded', 'unavailable', 'internal'];

/** Seconds until it makes sense to ask again, by code. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = { 'too-many-requests': 1, overloaded: 1, unavailable: 2, 'not-configured': 30 };
const SERVER_ERROR = 500;

/** The problem of an error. What was not expected is told by its request id alone: its text may say what is nobody's business. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known = asJobError(error);
  const code = known?.code ?? 'internal';
  const { status, message } = errorCatalogue[code];
  const isOurs = known !== undefined && code !== 'internal';
  return {
    type: `urn:holdfast:problem:${code}`,
    title: message,
    status,
    detail: isOurs ? known.message : `${message} The server's log has it under the request id ${requestId}.`,
    code,
    requestId,
    ...(isOurs && Object.keys(known.details).length > 0 ? { details: { ...known.details } } : {}),
  };
}

/** Seconds for the header `Retry-After`; undefined where asking again does not help. */
export function retryAfterOf({ code, details }: Problem): number | undefined {
  const given = details?.['retryAfterSeconds'];
  if (typeof given === 'number') return Math.max(1, Math.ceil(given));
  return isErrorCode(code) ? RETRY_AFTER[code] : undefined;
}

/** The error of an answer that is not a success, whoever gave it: a proxy's page becomes one as well. */
export function errorOf(status: number, body: unknown, what: string): JobError {
  const { code, detail, details, requestId } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  const facts = { ...details, httpStatus: status, ...(requestId === undefined ? {} : { requestId }) };
  if (isErrorCode(code)) return new JobError(code, detail, { details: facts });
  const isServers = status >= SERVER_ERROR || status === errorCatalogue['too-many-requests'].status;
  return new JobError(
    isServers ? 'unavailable' : 'invalid-request',
    `Could not ${what}: the server answered with status ${status} and no problem of Holdfast's. Check that the address is that of a Holdfast server.`,
    { details: facts },
  );
}
