import { expect, test } from 'vitest';
import type { ObservedAttempt } from '../../../src/activities/attempt-observer.ts';
import { FIRST_ATTEMPT } from '../../../src/contract/attempts.ts';
import { AttemptStatistics } from '../../../src/worker/attempt-statistics.ts';

const attempt = (waitedMs: number | undefined): ObservedAttempt => ({
  jobId: 'job-1',
  type: 'send',
  queue: 'mail',
  startedAt: new Date(),
  waitedMs,
  state: FIRST_ATTEMPT,
});

test('an attempt that was snoozed or shut down counts as no end and no failure', () => {
  let news = 0;
  const statistics = new AttemptStatistics(() => (news += 1));
  for (const outcome of ['snoozed', 'shutdown'] as const) {
    const begun = attempt(undefined);
    statistics.attemptStarted(begun);
    statistics.attemptEnded(begun, { outcome, error: new Error('not now'), waitMs: 1000 });
  }
  expect([news, statistics.take().size]).toEqual([0, 0]);
  const failed = attempt(undefined);
  statistics.attemptStarted(failed);
  statistics.attemptEnded(failed, { outcome: 'failed', error: new Error('broken'), isLast: true });
  expect(statistics.take().get('mail')).toHaveProperty('send');
});
