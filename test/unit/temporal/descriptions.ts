/** Descriptions of jobs as the server could give them, for tests of what they mean. */
import type { AttemptState } from '../../../src/contract/attempts.ts';
import { FIRST_ATTEMPT } from '../../../src/contract/attempts.ts';
import type { JobDescription, PendingActivity } from '../../../src/temporal/describe.ts';

export const NOW = Date.parse('2026-01-01T12:00:00.000Z');

export function description(facts: Partial<JobDescription> = {}): JobDescription {
  return {
    id: 'job-1',
    runId: 'run-1',
    type: 'send-email',
    queue: 'mail',
    close: 'open',
    addedMs: NOW - 10_000,
    dueMs: facts.dueMs ?? facts.addedMs ?? NOW - 10_000,
    firstAddedMs: facts.addedMs ?? NOW - 10_000,
    run: 1,
    closedMs: undefined,
    historyLength: 5,
    priorityKey: undefined,
    memo: { maxAttempts: 3 },
    tags: [],
    steps: undefined,
    isCancelRequested: false,
    hasWorkflowTask: false,
    workflowTaskAttempt: 0,
    pause: undefined,
    transitions: 1,
    activities: [],
    cleanUp: undefined,
    ...facts,
  };
}

export function activity(facts: Partial<PendingActivity> = {}): PendingActivity {
  return {
    id: '1',
    type: 'send-email',
    phase: 'scheduled',
    queue: undefined,
    pause: undefined,
    attempt: 1,
    nextAttemptMs: undefined,
    startedMs: undefined,
    worker: undefined,
    state: undefined,
    lastFailure: undefined,
    ...facts,
  };
}

export function state(facts: Partial<AttemptState> = {}): AttemptState {
  return { ...FIRST_ATTEMPT, maxAttempts: 3, ...facts };
}
