/** Owns the check of a job's input and output against its contract, and the sentence that says what is wrong. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JobContract, OutputOf, ParsedInputOf } from './define-job.ts';
import { type ErrorCode, JobError, messageOf } from './errors.ts';

const ISSUES_SHOWN = 10;
const MAX_ISSUE_LENGTH = 500;

/**
 * What the handler gets for `input`: the output of the contract's input schema.
 * @throws JobError `invalid-input`, with `details.issues` (path and message of each, the first ten)
 */
export function parseInput<C extends JobContract>(contract: C, input: unknown): Promise<ParsedInputOf<C>> {
  return parse(contract.input, input, { code: 'invalid-input', what: `input of "${contract.name}"` });
}

/**
 * What `result()` gives for a handler's value: the output of the contract's output schema, or the value itself when it has none.
 * @throws JobError `invalid-output`, with `details.issues`
 */
export async function parseOutput<C extends JobContract>(contract: C, output: unknown): Promise<OutputOf<C>> {
  if (contract.output === undefined) return output;
  return await parse(contract.output, output, { code: 'invalid-output', what: `output of "${contract.name}"` });
}

async function parse(schema: StandardSchemaV1, value: unknown, { code, what }: { code: ErrorCode; what: string }): Promise<unknown> {
  const checked = check(schema, value, { code, what });
  const result = checked instanceof Promise ? await checked : checked;
  if (result.issues === undefined) return result.value;
  const issues = result.issues
    .slice(0, ISSUES_SHOWN)
    .map((issue) => ({ path: pathOf(issue), message: issue.message.slice(0, MAX_ISSUE_LENGTH) }));
  const more = result.issues.length > ISSUES_SHOWN ? ` (and ${result.issues.length - ISSUES_SHOWN} more)` : '';
  const sentence = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  throw new JobError(code, `The ${what} does not match its contract. ${sentence}${more}`, { details: { issues } });
}

/** Most schemas answer at once. One that throws, in a transform for example, says in its way that the value is not what it wants. */
function check(
  schema: StandardSchemaV1,
  value: unknown,
  about: { code: ErrorCode; what: string },
): StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>> {
  try {
    const result = schema['~standard'].validate(value);
    return result instanceof Promise ? result.catch((error: unknown) => thrown(error, about)) : result;
  } catch (error) {
    return thrown(error, about);
  }
}

function thrown(error: unknown, { code, what }: { code: ErrorCode; what: string }): never {
  const message = messageOf(error).slice(0, MAX_ISSUE_LENGTH);
  throw new JobError(code, `The ${what} could not be checked: its schema threw an error. ${message}`, { cause: error });
}

/** Where in the value the issue is: keys with dots between; empty for the value itself. At most 500 characters. */
export function pathOf(issue: StandardSchemaV1.Issue): string {
  const keys = (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return keys.join('.').slice(0, MAX_ISSUE_LENGTH);
}
