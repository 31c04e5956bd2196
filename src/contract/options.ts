/**
 * Owns the checks of every option that a person writes: unknown names, wrong values. One place, so that the errors read alike.
 * Does not know what the options mean.
 */
import { JobError } from './errors.ts';

/**
 * Throws `invalid-options` when `value` is not a plain object or has a key that is not in `known`.
 * @param what what the message calls the object, for example `add options`
 */
export function checkKeys(value: unknown, known: readonly string[], what: string): void {
  checkObject(value, what);
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new JobError('invalid-options', `Unknown ${what}: ${unknown.map(quote).join(', ')}. Known are: ${known.join(', ')}.`, {
      details: { unknown, known },
    });
  }
}

/** Throws `invalid-options` when `value` is not a plain object. */
export function checkObject(value: unknown, what: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidOption(what, 'an object', value);
}

/** A whole number from `min` to `max`, or `invalid-options`. */
export function checkInteger(value: unknown, name: string, { min, max }: { readonly min: number; readonly max: number }): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidOption(name, `a whole number from ${min} to ${max}`, value);
}

/** A text of 1 to `maxLength` characters without control characters and without halves of a character, or `invalid-options`. */
export function checkText(value: unknown, name: string, maxLength: number): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const isSound = typeof value === 'string' && value.length > 0 && value.length <= maxLength && !/[\u0000-\u001f\u007f]/.test(value);
  if (!isSound) throw invalidOption(name, `a text of 1 to ${maxLength} characters without control characters`, value);
  // UTF-8, in which it travels, has no word for them.
  if (/\p{Surrogate}/u.test(value)) throw invalidOption(name, 'a text of whole characters, without a lone surrogate', value);
  return value;
}

const DEFAULT_CONCURRENCY = 5;
/** The most handlers of one queue that a process may run at the same time. */
export const MAX_CONCURRENCY = 10_000;

/** How many handlers run at the same time: 1–10 000, 5 when nothing is said, or `invalid-options`. */
export function checkConcurrency(value: unknown): number {
  return checkInteger(value ?? DEFAULT_CONCURRENCY, 'concurrency', { min: 1, max: MAX_CONCURRENCY });
}

const MAX_ID_LENGTH = 1000;

/** What can be the id of a job, or `invalid-options`. */
export function checkJobId(id: unknown): string {
  return checkText(id, 'the id of a job', MAX_ID_LENGTH);
}

/** The error for one wrong option: what was expected, what came. */
export function invalidOption(name: string, expected: string, got: unknown): JobError {
  return new JobError('invalid-options', `Expected ${name} to be ${expected}, got: ${show(got)}.`, {
    details: { option: name, expected, got: show(got) },
  });
}

/** A short, safe text of any value, for messages: at most 100 characters. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return value instanceof Date ? `Date ${String(value.getTime())}` : 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 97)}...` : text);
}
