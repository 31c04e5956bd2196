/** Owns the exit codes of every command: they are part of its interface, for scripts. */
import type { ErrorCode } from '../contract/errors.ts';

/** A job that was waited for has failed or was cancelled; something is wrong. */
export const FAILED = 1;
/** The command line is wrong. */
export const WRONG_USAGE = 2;
/** There is no such job, key, type. */
const NOT_FOUND = 3;
/** Temporal or the Holdfast server does not answer. */
const NOT_REACHABLE = 4;
/** By Ctrl-C or SIGTERM, before it was done. */
export const INTERRUPTED = 130;

const OF_CODES: Partial<Record<ErrorCode, number>> = {
  'not-found': NOT_FOUND,
  unavailable: NOT_REACHABLE,
  'no-server': NOT_REACHABLE,
  'invalid-options': WRONG_USAGE,
  'unknown-job-type': NOT_FOUND,
};

/** The exit code of an error that ends a command. */
export function exitCodeOf(code: ErrorCode | undefined): number {
  return (code === undefined ? undefined : OF_CODES[code]) ?? FAILED;
}
