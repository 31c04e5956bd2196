/** Owns the check of a value against a Standard Schema and the sentence that says what is wrong. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type ErrorCode, JobError } from './errors.ts';

const ISSUES_SHOWN = 10;

/**
 * The schema's output for `value`.
 * @param what what the message calls the value, for example `input of "send-email"`
 * @throws JobError `code`, with `details.issues` (path and message of each, the first ten)
 */
export async function validate<S extends StandardSchemaV1>(
  schema: S,
  value: unknown,
  code: ErrorCode,
  what: string,
): Promise<StandardSchemaV1.InferOutput<S>> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, ISSUES_SHOWN).map((issue) => ({ path: pathOf(issue), message: issue.message.slice(0, 500) }));
  const more = result.issues.length > ISSUES_SHOWN ? ` (and ${result.issues.length - ISSUES_SHOWN} more)` : '';
  const sentence = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  throw new JobError(code, `The ${what} does not match its contract. ${sentence}${more}`, { details: { issues } });
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  return (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
}
