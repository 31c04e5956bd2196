/** Owns the look at an error that a piece of work is expected to end with. */
import { JobError } from '../../src/contract/errors.ts';

/** What was thrown, which must be a `JobError`. */
export async function errorOf(work: Promise<unknown>): Promise<JobError> {
  const error = await work.then(
    () => new Error('It did not fail.'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof JobError) return error;
  throw error;
}
