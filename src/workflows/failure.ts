/** Owns the rule that bad input to workflow code ends the job: a plain error thrown there would be retried for ever. */
import { ApplicationFailure } from '@temporalio/workflow';
import { asJobError, type JobError } from '../contract/errors.ts';

/** Runs `body`; a `JobError` it throws becomes the failure that ends the workflow, with the same code. */
export function failOnJobError<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    const known = asJobError(error);
    throw known === undefined ? error : jobFailure(known);
  }
}

/** The failure that ends a workflow with the code of `error`. */
export function jobFailure(error: JobError): ApplicationFailure {
  return ApplicationFailure.create({ message: error.message, type: error.code, nonRetryable: true, details: [error.details] });
}
