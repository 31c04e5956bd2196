import { ServiceError, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { JobError } from '../../../src/contract/errors.ts';
import { isJobUnknown, isUnimplemented, translateError } from '../../../src/temporal/errors.ts';

/** As grpc-js makes them. */
function grpcError(code: number, details: string): ServiceError {
  const cause = Object.assign(new Error(`${code} X: ${details}`), { code, details, metadata: {} });
  return new ServiceError('failed', { cause });
}

/** As a worker's connection makes them. */
function nativeError(code: number, message: string): ServiceError {
  return Object.assign(new ServiceError(message), { code, details: '', metadata: {} });
}

describe('errors of the SDK', () => {
  test.each([
    [grpcError(4, 'Deadline exceeded'), 'unavailable'],
    [grpcError(14, 'No connection established'), 'unavailable'],
    [grpcError(8, 'namespace rate limit exceeded'), 'overloaded'],
    [grpcError(8, 'grpc: received message larger than max (6000000 vs. 4194304)'), 'payload-too-large'],
    [grpcError(3, 'Blob data size exceeds limit.'), 'payload-too-large'],
    [grpcError(3, 'Invalid NextPageToken.'), 'invalid-options'],
    [grpcError(5, 'workflow not found for ID: a'), 'not-found'],
    [grpcError(5, 'Namespace nowhere is not found.'), 'invalid-config'],
    [grpcError(6, 'already exists'), 'conflict'],
    [nativeError(5, 'workflow not found for ID: a'), 'not-found'],
    [nativeError(5, 'Namespace nowhere is not found.'), 'invalid-config'],
    [nativeError(14, 'tcp connect error'), 'unavailable'],
    [grpcError(13, 'oops'), 'internal'],
    [new WorkflowExecutionAlreadyStartedError('started', 'a', 't'), 'conflict'],
    [new WorkflowNotFoundError('none', 'a', undefined), 'not-found'],
    [new TypeError('bug'), 'internal'],
    ['text', 'internal'],
  ])('%s is %s', (error, code) => {
    const translated = translateError(error, 'add job "x"', 'host:7233');
    expect(translated.code).toBe(code);
    expect(translated.message).toMatch(/^Could not add job "x": ./);
  });

  test('an unavailable server is named', () => {
    expect(translateError(grpcError(14, 'No connection'), 'list jobs', 'host:7233').message).toBe(
      'Could not list jobs: No connection. Temporal at host:7233 does not answer; is it running?',
    );
  });

  test('an error of our own is left as it is', () => {
    const own = new JobError('conflict');
    expect(translateError(own, 'x', 'y')).toBe(own);
  });

  test('only a job can be unknown: a namespace that is not there is a wrong configuration', () => {
    for (const make of [grpcError, nativeError]) {
      expect(isJobUnknown(make(5, 'workflow not found for ID: a'))).toBe(true);
      expect(isJobUnknown(make(5, 'Namespace x is not found.'))).toBe(false);
    }
  });

  test('a call that the server does not have is known as such, translated or not', () => {
    for (const make of [grpcError, nativeError]) {
      const error = make(12, 'Method not found');
      expect([isUnimplemented(error), isUnimplemented(translateError(error, 'list workers', 'host:7233'))]).toEqual([true, true]);
      expect([isUnimplemented(make(13, 'oops')), isUnimplemented(new JobError('internal'))]).toEqual([false, false]);
    }
  });
});
