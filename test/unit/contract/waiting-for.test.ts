import { expect, test } from 'vitest';
import { waitingFor, type WaitingReason } from '../../../src/contract/waiting-for.ts';

const until = '2026-01-01T00:00:05.000Z';
const reasons: readonly WaitingReason[] = [
  { code: 'start-time', until },
  { code: 'worker', queue: 'mail' },
  { code: 'handler', queue: 'mail', type: 'send-email', until },
  { code: 'handler', queue: 'mail', type: 'send-email', until: undefined },
  { code: 'retry', until, attempt: 2, maxAttempts: 3, error: 'connection refused' },
  { code: 'retry', until, attempt: 2, maxAttempts: 3 },
  { code: 'cancel' },
];

test('every reason to wait has a sentence that names what to do, and the time where one is known', () => {
  expect(reasons.map(waitingFor)).toMatchInlineSnapshot(`
    [
      {
        "code": "start-time",
        "sentence": "Starts at 2026-01-01T00:00:05.000Z, as it was told when it was added.",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "worker",
        "sentence": "Waits for a free worker on the queue "mail". If none runs there, start one for this queue.",
      },
      {
        "code": "handler",
        "sentence": "The worker that took it has no handler for "send-email". Start a worker with that handler on the queue "mail", or add it to the one that runs.",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "handler",
        "sentence": "The worker that took it has no handler for "send-email". Start a worker with that handler on the queue "mail", or add it to the one that runs.",
      },
      {
        "code": "retry",
        "sentence": "Attempt 2 of 3 failed (connection refused); the next starts at 2026-01-01T00:00:05.000Z.",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "retry",
        "sentence": "The worker of attempt 2 of 3 was gone before it ended; it is made again at 2026-01-01T00:00:05.000Z, on any worker of the queue.",
        "until": "2026-01-01T00:00:05.000Z",
      },
      {
        "code": "cancel",
        "sentence": "Cancel was asked for; the handler is being stopped. With no worker up, it is carried out when one comes.",
      },
    ]
  `);
});
