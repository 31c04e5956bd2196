/**
 * Owns every error code of Holdfast: its HTTP status, whether trying again can help, and its default message.
 * A code survives the wire, the workflow sandbox and a process boundary; `instanceof` does not, so compare codes.
 * Does not translate errors of the Temporal SDK: `src/temporal/errors.ts` does.
 */

interface ErrorEntry {
  /** HTTP status that an API answers with. */
  readonly status: number;
  /** True when the same call can succeed later, unchanged. */
  readonly retryable: boolean;
  /** What the code means, in one sentence. The message of a `JobError` that was given none. */
  readonly message: string;
}

export const errorCatalogue = {
  'invalid-input': { status: 422, retryable: false, message: 'The input does not match the contract of the job type.' },
  'invalid-output': {
    status: 500,
    retryable: false,
    message: 'The handler returned a value that does not match the contract of the job type.',
  },
  'invalid-options': { status: 422, retryable: false, message: 'An option has a wrong name or value.' },
  'invalid-checkpoint': {
    status: 500,
    retryable: false,
    message: 'The checkpoint does not match the contract of the job type.',
  },
  'invalid-contract': { status: 500, retryable: false, message: 'The contract of a job type is not usable.' },
  'invalid-config': { status: 500, retryable: false, message: 'The configuration is not usable.' },
  'not-found': { status: 404, retryable: false, message: 'No job has this id.' },
  conflict: { status: 409, retryable: false, message: 'A job with this id exists already.' },
  duplicate: { status: 409, retryable: false, message: 'A job with this dedupe key exists already.' },
  'idempotency-mismatch': { status: 422, retryable: false, message: 'The idempotency key was used before for something else.' },
  'handler-missing': { status: 503, retryable: true, message: 'The worker that took the job has no handler for its type.' },
  'handler-failed': { status: 500, retryable: true, message: 'The handler threw an error.' },
  'timed-out': { status: 504, retryable: true, message: 'The attempt took longer than its timeout.' },
  'deadline-exceeded': { status: 504, retryable: false, message: 'The job was not done within its deadline.' },
  expired: { status: 504, retryable: false, message: 'No worker started the job within the longest wait that it was given.' },
  cancelled: { status: 409, retryable: false, message: 'The job was cancelled.' },
  terminated: { status: 409, retryable: false, message: 'The job was ended from outside, without clean-up.' },
  'clean-up-failed': { status: 500, retryable: false, message: 'The clean-up of the job failed for good.' },
  'items-failed': { status: 500, retryable: false, message: 'Items of the batch failed.' },
  poison: { status: 500, retryable: false, message: 'The worker process died three times while it ran this job alone.' },
  'payload-too-large': { status: 413, retryable: false, message: 'A value is larger than Temporal can carry.' },
  'payload-missing': { status: 500, retryable: false, message: 'A stored value of the job is gone or damaged.' },
  'worker-shutdown': { status: 503, retryable: true, message: 'The worker was shut down before the attempt ended.' },
  unavailable: { status: 503, retryable: true, message: 'Temporal cannot be reached.' },
  overloaded: { status: 429, retryable: true, message: 'Temporal refuses calls for now: too many at once.' },
  'no-server': { status: 503, retryable: false, message: 'No Temporal server is configured, and no embedded one was found.' },
  'binary-missing': {
    status: 503,
    retryable: false,
    message: 'The Temporal server binary is not on this machine and could not be fetched.',
  },
  'data-folder-unusable': { status: 503, retryable: false, message: 'The data folder of the embedded Temporal server cannot be used.' },
  'port-taken': { status: 503, retryable: false, message: 'A port that the embedded Temporal server was told to use is taken.' },
  'server-failed': { status: 503, retryable: true, message: 'The embedded Temporal server did not become healthy.' },
  'source-refused': { status: 422, retryable: false, message: 'The source is not one that this worker may read.' },
  'source-unreadable': { status: 422, retryable: false, message: 'The source is not what it was said to be, or cannot be read.' },
  'source-unavailable': { status: 503, retryable: true, message: 'The source could not be reached.' },
  'limit-exceeded': { status: 422, retryable: false, message: 'The work is larger than its limits allow.' },
  'receiver-refused': { status: 422, retryable: false, message: 'The receiver is not one that this worker may call.' },
  'receiver-gone': { status: 410, retryable: false, message: 'The receiver answered 410: it asked not to be called any more.' },
  'receiver-failed': { status: 502, retryable: true, message: 'The receiver did not accept the notification.' },
  'receiver-unavailable': { status: 503, retryable: true, message: 'The receiver could not be reached, or did not answer in time.' },
  'mail-rejected': { status: 422, retryable: false, message: 'The mail server refused the mail for good.' },
  'not-configured': { status: 503, retryable: true, message: 'A login was refused, or a setting is missing.' },
  'invalid-request': { status: 400, retryable: false, message: 'The request is not one that the API takes.' },
  'not-authenticated': { status: 401, retryable: false, message: 'The request has no key or session, or one that is not valid.' },
  forbidden: { status: 403, retryable: false, message: 'The key or session may not do this.' },
  'method-not-allowed': { status: 405, retryable: false, message: 'The resource does not know this method.' },
  'link-expired': { status: 410, retryable: false, message: 'The link is no longer valid.' },
  'unsupported-media-type': { status: 415, retryable: false, message: 'The body of the request is not of a type that the API takes.' },
  'unknown-job-type': { status: 422, retryable: false, message: 'The server has no contract for this job type.' },
  'too-many-requests': { status: 429, retryable: true, message: 'The key or address has sent too many requests.' },
  internal: { status: 500, retryable: false, message: 'Something failed that should not have.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

export interface JobErrorOptions {
  /** Facts a program can use: ids, limits, what was expected and what came. Plain JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The error below this one. */
  readonly cause?: unknown;
}

/**
 * The one error class of the public API. `code` is a key of the catalogue, `message` says what was expected, what
 * came and what to do next.
 * @example throw new JobError('not-found', `No job has the id "${id}". Look it up with list().`, { details: { id } });
 */
export class JobError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message?: string, options: JobErrorOptions = {}) {
    super(message ?? errorCatalogue[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'JobError';
    this.code = code;
    this.details = options.details ?? {};
  }

  /** True when the same call can succeed later, unchanged. */
  get retryable(): boolean {
    return errorCatalogue[this.code].retryable;
  }

  /** HTTP status of the code. */
  get status(): number {
    return errorCatalogue[this.code].status;
  }
}

/** The error for a job that is asked for and is not there. */
export function unknownJob(id: string): JobError {
  return new JobError('not-found', `No job has the id "${id}".`, { details: { id } });
}

/** True if `value` is one of the catalogue's codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCatalogue, value);
}

/** The error itself if it is a `JobError` (of this or another copy of the package), else undefined. */
export function asJobError(error: unknown): JobError | undefined {
  if (error instanceof JobError) return error;
  const isForeign = fieldOf(error, 'name') === 'JobError' && isErrorCode(fieldOf(error, 'code'));
  return isForeign ? (error as JobError) : undefined;
}

/** The message of anything that was thrown; a sentence that says what it was when it has none. */
export function messageOf(error: unknown): string {
  const message = fieldOf(error, 'message');
  if (typeof message === 'string' && message !== '') return message;
  if (typeof error === 'string' && error !== '') return error;
  const name = fieldOf(error, 'name');
  const what = typeof error === 'object' && error !== null ? (typeof name === 'string' ? name : 'an object') : String(error);
  return `No error message was given: ${what === '' ? 'an empty text' : what} was thrown.`;
}

/** The stack of anything that was thrown, if it has one. */
export function stackOf(error: unknown): string | undefined {
  const stack = fieldOf(error, 'stack');
  return typeof stack === 'string' ? stack : undefined;
}

/** A field of anything that was thrown; undefined where it has none, or reading it throws. */
export function fieldOf(error: unknown, field: string): unknown {
  try {
    return typeof error === 'object' && error !== null ? (Reflect.get(error, field) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
