import { describe, expect, test } from 'vitest';
import type { StepsMemo } from '../../../src/contract/messages.ts';
import type { JobStatus } from '../../../src/contract/snapshot.ts';
import type { CloseStatus, JobDescription, PendingActivity } from '../../../src/temporal/describe.ts';
import { hasEnded, statusOf, stepStatus } from '../../../src/temporal/status.ts';
import { activity, description, NOW } from './descriptions.ts';

const waiting = activity({ phase: 'scheduled', attempt: 1 });
const started = activity({ phase: 'started' });
const backingOff = activity({ phase: 'scheduled', attempt: 2, nextAttemptMs: NOW + 5000 });
const dueAgain = activity({ phase: 'scheduled', attempt: 2 });
const steps: StepsMemo = { percent: 0, running: { 'step-1': { percent: 50 }, 'step-2': { percent: 50 } } };

/** The table of design §4, and what stands between its rows. */
const rows: readonly (readonly [JobStatus, string, Partial<JobDescription>])[] = [
  ['delayed', 'its start time is not over', { dueMs: NOW + 60_000, historyLength: 1 }],
  ['delayed', 'it is due by our clock, and the server has not begun', { dueMs: NOW - 50, addedMs: NOW - 5000, historyLength: 1 }],
  ['delayed', 'it was signalled before its time', { dueMs: NOW + 60_000, historyLength: 3 }],
  ['queued', 'no worker has seen it', { historyLength: 2, hasWorkflowTask: true }],
  ['queued', 'a worker begins with it', { historyLength: 3, hasWorkflowTask: true }],
  ['queued', 'a worker could not begin with it', { historyLength: 4, hasWorkflowTask: true }],
  [
    'queued',
    'its delay is over and no worker has seen it',
    { dueMs: NOW - 50, addedMs: NOW - 5000, historyLength: 2, hasWorkflowTask: true },
  ],
  ['queued', 'its handler waits for a place', { activities: [waiting], historyLength: 5 }],
  ['queued', 'its next attempt is due and waits for a place', { activities: [dueAgain], historyLength: 5 }],
  ['processing', 'its handler runs', { activities: [started], historyLength: 5 }],
  ['processing', 'its handler runs and the workflow has to hear of something', { activities: [started], hasWorkflowTask: true }],
  ['processing', 'its handler has ended and the end is not written yet', { historyLength: 8, hasWorkflowTask: true }],
  ['retrying', 'an attempt failed and the next has a time', { activities: [backingOff], historyLength: 5 }],
  ['cancelling', 'cancel was asked while its handler runs', { activities: [activity({ phase: 'cancelling' })], isCancelRequested: true }],
  ['cancelling', 'cancel was asked and no worker is there', { historyLength: 3, hasWorkflowTask: true, isCancelRequested: true }],
  [
    'cancelling',
    'cancel was asked before its time',
    { dueMs: NOW + 60_000, historyLength: 3, hasWorkflowTask: true, isCancelRequested: true },
  ],
  ['processing', 'one of its steps runs', { steps, activities: [started, backingOff] }],
  ['processing', 'one of its steps is being stopped', { steps, activities: [activity({ phase: 'cancelling' })] }],
  ['processing', 'none of its steps is listed: it is between two', { steps: { percent: 50, running: {} }, historyLength: 20 }],
  [
    'processing',
    'a step has ended and the next waits',
    { steps: { percent: 50, running: { 'step-2': { percent: 50 } } }, activities: [waiting] },
  ],
  ['queued', 'its first steps wait', { steps, activities: [waiting, waiting] }],
  ['queued', 'one of its first steps waits, the other backs off', { steps, activities: [waiting, backingOff] }],
  ['retrying', 'all of its steps back off', { steps, activities: [backingOff, backingOff] }],
  ['completed', 'it is closed', { close: 'completed' }],
  ['failed', 'it is closed', { close: 'failed' }],
  ['cancelled', 'it is closed', { close: 'cancelled', isCancelRequested: true }],
  ['failed', 'it was terminated while its handler ran', { close: 'terminated', activities: [started] }],
  ['failed', 'it ran out of time', { close: 'timed-out', activities: [backingOff] }],
  ['completed', 'it was cancelled too late', { close: 'completed', isCancelRequested: true }],
];

describe('a job is', () => {
  test.each(rows)('%s when %s', (status, _when, facts) => {
    expect(statusOf(description(facts), NOW)).toBe(status);
  });
});

describe('a step is', () => {
  const table: readonly (readonly [string, Partial<PendingActivity>])[] = [
    ['queued', { phase: 'scheduled', attempt: 1 }],
    ['queued', { phase: 'scheduled', attempt: 3 }],
    ['queued', { phase: 'scheduled', attempt: 3, nextAttemptMs: NOW - 1 }],
    ['retrying', { phase: 'scheduled', attempt: 3, nextAttemptMs: NOW + 1 }],
    ['processing', { phase: 'started', attempt: 3 }],
    ['cancelling', { phase: 'cancelling', attempt: 1 }],
  ];
  test.each(table)('%s for %j', (status, facts) => {
    expect(stepStatus(activity(facts), NOW)).toBe(status);
  });
});

describe('what a job left is read from its history', () => {
  const table: readonly (readonly [boolean, string, Partial<JobDescription>])[] = [
    [true, 'once it is closed', { close: 'completed' }],
    [true, 'when its handler has ended and the end is not written yet', { historyLength: 8 }],
    [false, 'not before a worker has begun with it', { historyLength: 3 }],
    [false, 'not while its handler runs', { historyLength: 5, activities: [started] }],
    [false, 'not between the steps of a job of several', { historyLength: 20, steps }],
  ];
  test.each(table)('(%s) %s', (expected, _when, facts) => {
    expect(hasEnded(description(facts))).toBe(expected);
  });
});

test('every way to close is a terminal status', () => {
  const closes: readonly CloseStatus[] = ['completed', 'failed', 'cancelled', 'terminated', 'timed-out'];
  expect(closes.map((close) => statusOf(description({ close }), NOW))).toEqual(['completed', 'failed', 'cancelled', 'failed', 'failed']);
});
