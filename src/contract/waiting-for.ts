/** Owns the sentences that say why a job is not running. One place: API, command line and dashboard show the same. */
import type { WaitingFor } from './snapshot.ts';

/** Why a job waits, as facts. */
export type WaitingReason =
  | { readonly code: 'start-time'; readonly until: string }
  | { readonly code: 'worker'; readonly queue: string }
  | { readonly code: 'handler'; readonly queue: string; readonly type: string; readonly until: string | undefined }
  | {
      readonly code: 'retry';
      readonly until: string;
      readonly attempt: number;
      readonly maxAttempts: number;
      /** Why the attempt failed. Absent when it did not: its worker died or was shut down, and it is made again. */
      readonly error?: string;
    }
  | { readonly code: 'cancel' };

/** The reason with its sentence. */
export function waitingFor(reason: WaitingReason): WaitingFor {
  const until = 'until' in reason && reason.until !== undefined ? { until: reason.until } : {};
  return { code: reason.code, sentence: sentenceOf(reason), ...until };
}

function sentenceOf(reason: WaitingReason): string {
  switch (reason.code) {
    case 'start-time':
      return `Starts at ${reason.until}, as it was told when it was added.`;
    case 'worker':
      return `Waits for a free worker on the queue "${reason.queue}". If none runs there, start one for this queue.`;
    case 'handler':
      return `The worker that took it has no handler for "${reason.type}". Start a worker with that handler on the queue "${reason.queue}", or add it to the one that runs.`;
    case 'retry':
      return reason.error === undefined
        ? `The worker of attempt ${reason.attempt} of ${reason.maxAttempts} was gone before it ended; it is made again at ${reason.until}, on any worker of the queue.`
        : `Attempt ${reason.attempt} of ${reason.maxAttempts} failed (${reason.error}); the next starts at ${reason.until}.`;
    case 'cancel':
      return 'Cancel was asked for; the handler is being stopped. With no worker up, it is carried out when one comes.';
  }
}
