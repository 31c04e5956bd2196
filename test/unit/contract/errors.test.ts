import { describe, expect, test } from 'vitest';
import { asJobError, errorCatalogue, fieldOf, isErrorCode, JobError, messageOf, stackOf } from '../../../src/contract/errors.ts';

/** A function: vitest itself reads what a module keeps. */
function hostile(): Error {
  const error = new Error('x');
  const get = (): never => {
    throw new TypeError('not to be read');
  };
  for (const field of ['stack', 'message', 'name', 'code']) Object.defineProperty(error, field, { get });
  return error;
}

describe('errors', () => {
  test('every code has an HTTP status, says whether trying again helps, and a sentence', () => {
    for (const [code, entry] of Object.entries(errorCatalogue)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(entry.status).toBeGreaterThanOrEqual(400);
      expect(entry.status).toBeLessThan(600);
      expect(entry.message).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('the catalogue is what it was: a code that goes away or changes breaks users', () => {
    const table = Object.entries(errorCatalogue).map(
      ([code, { status, retryable }]) => `${code} ${status}${retryable ? ' retryable' : ''}`,
    );
    expect(table).toMatchInlineSnapshot(`
      [
        "invalid-input 422",
        "invalid-output 500",
        "invalid-options 422",
        "invalid-checkpoint 500",
        "invalid-contract 500",
        "invalid-config 500",
        "not-found 404",
        "conflict 409",
        "duplicate 409",
        "idempotency-mismatch 422",
        "handler-missing 503 retryable",
        "handler-failed 500 retryable",
        "timed-out 504 retryable",
        "deadline-exceeded 504",
        "expired 504",
        "cancelled 409",
        "terminated 409",
        "clean-up-failed 500",
        "items-failed 500",
        "poison 500",
        "payload-too-large 413",
        "payload-missing 500",
        "worker-shutdown 503 retryable",
        "unavailable 503 retryable",
        "overloaded 429 retryable",
        "no-server 503",
        "binary-missing 503",
        "data-folder-unusable 503",
        "port-taken 503",
        "server-failed 503 retryable",
        "source-refused 422",
        "source-unreadable 422",
        "source-unavailable 503 retryable",
        "limit-exceeded 422",
        "receiver-refused 422",
        "receiver-gone 410",
        "receiver-failed 502 retryable",
        "receiver-unavailable 503 retryable",
        "mail-rejected 422",
        "not-configured 503 retryable",
        "invalid-request 400",
        "not-authenticated 401",
        "forbidden 403",
        "method-not-allowed 405",
        "link-expired 410",
        "unsupported-media-type 415",
        "unknown-job-type 422",
        "too-many-requests 429 retryable",
        "internal 500",
      ]
    `);
  });

  test('an error without a message of its own has the catalogue’s', () => {
    const error = new JobError('poison');
    expect([error.message, error.status, error.retryable, error.name]).toEqual([errorCatalogue.poison.message, 500, false, 'JobError']);
  });

  test('details and the cause are kept', () => {
    const cause = new Error('below');
    const error = new JobError('not-found', 'No job.', { details: { id: 'a' }, cause });
    expect([error.details, error.cause]).toEqual([{ id: 'a' }, cause]);
  });

  test('an error of another copy of the package is known by its name and code', () => {
    const foreign = Object.assign(new Error('gone'), { name: 'JobError', code: 'not-found' });
    const other = Object.assign(new Error('gone'), { name: 'JobError', code: 'of-somebody-else' });
    expect([asJobError(foreign), asJobError(other), asJobError(new Error('x')), asJobError(undefined)]).toEqual([
      foreign,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('names that every object has are no codes', () => {
    expect([isErrorCode('constructor'), isErrorCode('toString'), isErrorCode('conflict')]).toEqual([false, false, true]);
  });

  test.each([
    [new Error('broken'), 'broken'],
    ['a text', 'a text'],
    [{ message: 'of an object' }, 'of an object'],
    [undefined, 'No error message was given: undefined was thrown.'],
    [null, 'No error message was given: null was thrown.'],
    ['', 'No error message was given: an empty text was thrown.'],
    [42, 'No error message was given: 42 was thrown.'],
    [Symbol('s'), 'No error message was given: Symbol(s) was thrown.'],
    [{ reason: 'x' }, 'No error message was given: an object was thrown.'],
    [Object.create(null), 'No error message was given: an object was thrown.'],
    [new AggregateError([]), 'No error message was given: AggregateError was thrown.'],
  ])('anything that was thrown has a message (%#)', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });

  test('an error whose fields throw can be looked at all the same', () => {
    const error = hostile();
    expect(messageOf(error)).toBe('No error message was given: an object was thrown.');
    expect([asJobError(error), stackOf(error), fieldOf(error, 'code')]).toEqual([undefined, undefined, undefined]);
  });
});
