import { expect, test } from 'vitest';
import { waitingFor, type WaitingReason } from '../../../src/contract/waiting-for.ts';

const until = '2026-01-01T00:00:05.000Z';
const reasons: readonly WaitingReason[] = [
  { code: 'start-time', until },
  { code: 'no-worker', queue: 'mail' },
  { code: 'no-worker', queue: 'mail', lastSeenAt: until },
  { code: 'queue', queue: 'mail' },
  { code: 'queue', queue: 'mail', workers: 1, ahead: 0, perSecond: 2.5 },
  { code: 'queue', queue: 'mail', workers: 2, ahead: 1, perSecond: 0 },
  { code: 'queue', queue: 'mail', workers: 2, ahead: 1200, perSecond: 2.5 },
  { code: 'handler', queue: 'mail', type: 'send-email', until },
  { code: 'handler', queue: 'mail', type: 'send-email', until: undefined },
  { code: 'retry', until, attempt: 2, maxAttempts: 3, error: 'connection refused' },
  { code: 'retry', until, attempt: 2, maxAttempts: 3 },
  { code: 'turn', until, reason: 'The receiver shop.example has 2 under way in this worker: this delivery waits for its turn.' },
  { code: 'cancel' },
  { code: 'cancel', queue: 'mail' },
  { code: 'cancel', isCleaningUp: true },
  { code: 'cancel', isCleaningUp: true, error: 'disk full' },
  { code: 'event-loop', since: until, blockedMs: 12_345, worker: '17@host' },
  { code: 'event-loop', since: until, blockedMs: 300 },
  { code: 'workflow-code', error: 'x is not a function', attempt: 4, isNonDeterministic: false },
  { code: 'workflow-code', error: '[TMPRL1100] Nondeterminism error', attempt: 2, isNonDeterministic: true },
  { code: 'paused', since: until, by: 'anna@host', reason: 'the mail server is away' },
  { code: 'paused' },
  { code: 'unreachable', since: until, error: '14 UNAVAILABLE: No connection established' },
];

test('every reason to wait has a sentence that names what to do, and the time where one is known', () => {
  expect(reasons.map(waitingFor)).toMatchInlineSnapshot(`
    [
      {
        "code": "start-time",
        "sentence": "Starts at 2026-01-01T00:00:05.000Z, as it was told.",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "no-worker",
        "queue": "mail",
        "sentence": "No worker serves the queue "mail". Start one for this queue; the job is kept until then.",
      },
      {
        "code": "no-worker",
        "lastSeenAt": "2026-01-01T00:00:05.000Z",
        "queue": "mail",
        "sentence": "No worker serves the queue "mail" since 2026-01-01T00:00:05.000Z. Start one for this queue; the job is kept until then.",
      },
      {
        "code": "queue",
        "queue": "mail",
        "sentence": "Waits for a free worker on the queue "mail". If none runs there, start one for this queue.",
      },
      {
        "ahead": 0,
        "code": "queue",
        "perSecond": 2.5,
        "queue": "mail",
        "sentence": "Waits for a free place on the queue "mail": 1 worker serves it, and it is next. For more places raise concurrency or start more workers.",
        "workers": 1,
      },
      {
        "ahead": 1,
        "code": "queue",
        "perSecond": 0,
        "queue": "mail",
        "sentence": "Waits for a free place on the queue "mail": 2 workers serve it, about 1 is ahead. For more places raise concurrency or start more workers.",
        "workers": 2,
      },
      {
        "ahead": 1200,
        "code": "queue",
        "perSecond": 2.5,
        "queue": "mail",
        "sentence": "Waits for a free place on the queue "mail": 2 workers serve it, about 1200 are ahead, about 2.5 start a second. For more places raise concurrency or start more workers.",
        "workers": 2,
      },
      {
        "code": "handler",
        "queue": "mail",
        "sentence": "The worker that took it has no handler for "send-email". Start a worker with that handler on the queue "mail", or add it to the one that runs.",
        "type": "send-email",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "handler",
        "queue": "mail",
        "sentence": "The worker that took it has no handler for "send-email". Start a worker with that handler on the queue "mail", or add it to the one that runs.",
        "type": "send-email",
      },
      {
        "attempt": 2,
        "code": "retry",
        "error": "connection refused",
        "maxAttempts": 3,
        "sentence": "Attempt 2 of 3 failed (connection refused); the next starts at 2026-01-01T00:00:05.000Z.",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "attempt": 2,
        "code": "retry",
        "maxAttempts": 3,
        "sentence": "The worker of attempt 2 of 3 was gone before it ended; it is made again at 2026-01-01T00:00:05.000Z, on any worker of the queue.",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "turn",
        "reason": "The receiver shop.example has 2 under way in this worker: this delivery waits for its turn.",
        "sentence": "The receiver shop.example has 2 under way in this worker: this delivery waits for its turn. It is tried at 2026-01-01T00:00:05.000Z.",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "cancel",
        "sentence": "Cancel was asked for; the handler is being stopped. One that does not end has to listen to ctx.signal.",
      },
      {
        "code": "cancel",
        "queue": "mail",
        "sentence": "Cancel was asked for, and no worker serves the queue "mail". Start one for this queue: it is carried out then.",
      },
      {
        "code": "cancel",
        "isCleaningUp": true,
        "sentence": "Cancel was asked for; the handler has ended, and its clean-up runs.",
      },
      {
        "code": "cancel",
        "error": "disk full",
        "isCleaningUp": true,
        "sentence": "Cancel was asked for; the handler has ended, its clean-up failed (disk full) and is tried again.",
      },
      {
        "blockedMs": 12345,
        "code": "event-loop",
        "sentence": "The event loop of the worker 17@host has been blocked for 12 s: a handler there computes without a pause, and nothing else of that process goes on. Move such work to a worker thread or a child process.",
        "since": "2026-01-01T00:00:05.000Z",
        "worker": "17@host",
      },
      {
        "blockedMs": 300,
        "code": "event-loop",
        "sentence": "The event loop has been blocked for 1 s: a handler there computes without a pause, and nothing else of that process goes on. Move such work to a worker thread or a child process.",
        "since": "2026-01-01T00:00:05.000Z",
      },
      {
        "attempt": 4,
        "code": "workflow-code",
        "error": "x is not a function",
        "isNonDeterministic": false,
        "sentence": "The code of the job's workflow fails (x is not a function); nothing is lost, it is tried again and again. Deploy workers with the code corrected.",
      },
      {
        "attempt": 2,
        "code": "workflow-code",
        "error": "[TMPRL1100] Nondeterminism error",
        "isNonDeterministic": true,
        "sentence": "The code of the job's workflow is not the code that began it ([TMPRL1100] Nondeterminism error); nothing is lost. Deploy the version that it began with, or one that replays it.",
      },
      {
        "by": "anna@host",
        "code": "paused",
        "reason": "the mail server is away",
        "sentence": "Paused by hand in Temporal by anna@host at 2026-01-01T00:00:05.000Z: the mail server is away. Unpause it there to let it go on.",
        "since": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "paused",
        "sentence": "Paused by hand in Temporal. Unpause it there to let it go on.",
      },
      {
        "code": "unreachable",
        "error": "14 UNAVAILABLE: No connection established",
        "sentence": "Temporal has not answered since 2026-01-01T00:00:05.000Z; what is shown was known then. Start it, or mend the way to it: jobs are kept, and the watch goes on by itself.",
        "since": "2026-01-01T00:00:05.000Z",
      },
    ]
  `);
});
