/** That what runs in a job's workflow and what reads the job from outside name a failure alike. */
import { DefaultFailureConverter, defaultPayloadConverter, type ProtoFailure } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  RetryState,
  ServerFailure,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/temporal/protocol.ts';
import { failureOfCall } from '../../../src/workflows/failure.ts';

const converter = new DefaultFailureConverter();

describe('the code of a failure', () => {
  test.each<[string, Error, string]>([
    ['an error with a code', ApplicationFailure.create({ message: 'no paper', type: 'E_NO_PAPER' }), 'E_NO_PAPER'],
    ['an error without one', ApplicationFailure.create({ message: 'broken' }), 'handler-failed'],
    ['a plain error, as the SDK carries it', ApplicationFailure.create({ message: 'broken', type: 'Error' }), 'handler-failed'],
    ['a value that is too large', ApplicationFailure.create({ message: 'too large', type: 'PayloadsTooLarge' }), 'payload-too-large'],
    ['a time limit', new TimeoutFailure('late', undefined, TimeoutType.START_TO_CLOSE), 'timed-out'],
    ['an end from outside', new TerminatedFailure('ended'), 'terminated'],
    ['a cancel', new CancelledFailure('stop'), 'cancelled'],
    ['a failure of the server', new ServerFailure('odd', true), 'handler-failed'],
  ])('%s', (_what, error, code) => {
    const wrapped = [
      error,
      new ActivityFailure('call failed', 'told', '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', error),
      new ChildWorkflowFailure('default', { workflowId: 'a', runId: 'b' }, 'told', RetryState.NON_RETRYABLE_FAILURE, error),
    ];
    for (const failure of wrapped) {
      const carried: ProtoFailure = converter.errorToFailure(failure, defaultPayloadConverter);
      expect(failureOfCall(failure)).toEqual({ code, message: error.message });
      expect(failureOf(carried)).toEqual({ code, message: error.message });
    }
  });
});
