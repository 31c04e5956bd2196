/** Owns the names and the message of clean-up: what runs after a job was cancelled or has failed for good. */
import type { Progress } from './progress.ts';
import type { JobFailure } from './snapshot.ts';

/** Ending of the activity type that a clean-up runs as, after the name of the job type: `send-email.on-cancel`. */
export type CleanUpKind = 'on-cancel' | 'on-fail';
const KINDS: readonly CleanUpKind[] = ['on-cancel', 'on-fail'];

/** What the workflow hands to a clean-up. */
export interface CleanUpCall {
  /** The job's own input, or the reference that travels for it. */
  readonly input?: unknown;
  /** What the handler's attempts left. */
  readonly progress: Progress | null;
  readonly checkpoint?: unknown;
  /** Why the job failed; only for `on-fail`. */
  readonly error?: JobFailure;
}

export function cleanUpType(jobType: string, kind: CleanUpKind): string {
  return `${jobType}.${kind}`;
}

/** The clean-up that an activity type stands for; undefined for a handler's. */
export function readCleanUpType(type: string): { readonly jobType: string; readonly kind: CleanUpKind } | undefined {
  const kind = KINDS.find((ending) => type.endsWith(`.${ending}`));
  return kind === undefined ? undefined : { jobType: type.slice(0, -kind.length - 1), kind };
}
