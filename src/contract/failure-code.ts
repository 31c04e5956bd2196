/** Owns which code a failure has that Temporal carried. Pure: what reads a job and what runs in its workflow have it from here, so that both tell the same. */

/** What Temporal knows of a failure, below all that wrap it. */
export type FailureKind = 'application' | 'timeout' | 'terminated' | 'cancelled' | 'other';

/**
 * The code of a failure.
 * @param type of an application failure: what the handler wrapper or the user's code gave it; the SDK's own for an error that was given none
 */
export function failureCode(kind: FailureKind, type?: string | null): string {
  switch (kind) {
    case 'timeout':
      return 'timed-out';
    case 'terminated':
    case 'cancelled':
      return kind;
    default:
      if (type === 'PayloadsTooLarge') return 'payload-too-large';
      return type === undefined || type === null || type === '' || type === 'Error' ? 'handler-failed' : type;
  }
}
