/** Owns which code is shown for what a handler threw. */
import { ApplicationFailure } from '@temporalio/activity';
import { fieldOf } from '../contract/errors.ts';

const MAX_CODE_LENGTH = 100;

/** The code of anything thrown: of the catalogue, the failure's type, or an own short `code` such as `ECONNREFUSED`. */
export function codeOf(error: unknown): string {
  const code = error instanceof ApplicationFailure ? error.type : fieldOf(error, 'code');
  return typeof code === 'string' && code.length > 0 && code.length <= MAX_CODE_LENGTH ? code : 'handler-failed';
}
