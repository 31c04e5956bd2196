/** Owns what `add` can be told about duplicates, and the check of it. Who finds a duplicate is `temporal/add-once.ts`. */
import { type Duration, toMs } from './duration.ts';
import { invalidOption, checkText } from './options.ts';
import { JobError } from './errors.ts';

export interface DedupeOptions {
  /**
   * Adds with the same key and type make one job, whose id is `<type>:<key>`: as long as it is open, and after its end
   * within `dedupeWindow`. 1–200 characters.
   */
  readonly dedupeKey?: string;
  /**
   * Counted from when the job was added. At most the time that the server keeps finished jobs; 0 means only while it is open.
   * @default the smaller of 24 hours and that time
   */
  readonly dedupeWindow?: Duration;
  /** `return`: a handle of the job that is there. `reject`: the error `duplicate`. @default 'return' */
  readonly onDuplicate?: 'return' | 'reject';
}

/** Dedupe options, checked. */
export interface DedupePlan {
  readonly key: string;
  /** Undefined: the default, which depends on the server. */
  readonly windowMs: number | undefined;
  readonly isRejected: boolean;
}

export const DEDUPE_OPTION_KEYS = ['dedupeKey', 'dedupeWindow', 'onDuplicate'];
const MAX_KEY_LENGTH = 200;
const CHOICES: readonly unknown[] = ['return', 'reject'];

/** The plan for one job, or undefined when it has no dedupe key. @throws JobError `invalid-options` */
export function dedupePlan({ dedupeKey, dedupeWindow, onDuplicate }: DedupeOptions): DedupePlan | undefined {
  if (dedupeKey === undefined) {
    if (dedupeWindow === undefined && onDuplicate === undefined) return undefined;
    throw new JobError('invalid-options', 'Expected dedupeKey beside dedupeWindow and onDuplicate: without it no job is a duplicate.');
  }
  if (onDuplicate !== undefined && !CHOICES.includes(onDuplicate)) throw invalidOption('onDuplicate', '"return" or "reject"', onDuplicate);
  return {
    key: checkText(dedupeKey, 'dedupeKey', MAX_KEY_LENGTH),
    windowMs: dedupeWindow === undefined ? undefined : toMs(dedupeWindow, 'dedupeWindow'),
    isRejected: onDuplicate === 'reject',
  };
}
