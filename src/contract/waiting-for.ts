/** Owns the sentences that say why a job is not running. One place: API, command line and dashboard show the same. */
import { formatMs } from './duration.ts';
import type { WaitingFor } from './snapshot.ts';

/** Why a job waits, as facts. */
export type WaitingReason =
  | { readonly code: 'start-time'; readonly until: string }
  | { readonly code: 'no-worker'; readonly queue: string; readonly lastSeenAt?: string | undefined }
  | {
      readonly code: 'queue';
      readonly queue: string;
      /** Absent where the server does not tell. */
      readonly workers?: number | undefined;
      readonly ahead?: number | undefined;
      readonly perSecond?: number | undefined;
    }
  | { readonly code: 'handler'; readonly queue: string; readonly type: string; readonly until: string | undefined }
  | {
      readonly code: 'retry';
      readonly until: string;
      readonly attempt: number;
      readonly maxAttempts: number;
      /** Why the attempt failed. Absent when it did not: its worker died or was shut down, and it is made again. */
      readonly error?: string;
    }
  | { readonly code: 'turn'; readonly until: string | undefined; readonly reason: string }
  | {
      readonly code: 'cancel';
      /** Set when no worker is there to carry it out. */
      readonly queue?: string | undefined;
      /** True once the handler has ended and its clean-up is due. */
      readonly isCleaningUp?: true | undefined;
      /** Of the last try of the clean-up. */
      readonly error?: string | undefined;
    }
  | { readonly code: 'event-loop'; readonly since: string; readonly blockedMs: number; readonly worker?: string | undefined }
  | {
      readonly code: 'workflow-code';
      readonly error: string;
      /** How often the server has tried it. */
      readonly attempt: number;
      /** True when the code does not do what it did before: another version of it began the job. */
      readonly isNonDeterministic: boolean;
    }
  | {
      readonly code: 'paused';
      readonly since?: string | undefined;
      readonly by?: string | undefined;
      readonly reason?: string | undefined;
    }
  | { readonly code: 'unreachable'; readonly since: string; readonly error: string };

/** The reason with its sentence. */
export function waitingFor(reason: WaitingReason): WaitingFor {
  const facts = Object.entries(reason).filter(([, fact]) => fact !== undefined);
  return { ...(Object.fromEntries(facts) as unknown as WaitingReason), sentence: sentenceOf(reason) } as WaitingFor;
}

/** A limit of time that a job is past while it waits for a worker that records it. */
export interface OverdueLimit {
  readonly failsWith: 'expired' | 'deadline-exceeded';
  readonly at: string;
}

/** What a job waits for, and that its time is over. */
export function withOverdue(waiting: WaitingFor, overdue: OverdueLimit | undefined): WaitingFor {
  if (overdue === undefined) return waiting;
  const what = overdue.failsWith === 'expired' ? 'It had to be started by' : 'It had to be done by';
  return {
    ...waiting,
    sentence: `${waiting.sentence} ${what} ${overdue.at}: the next worker records it as failed (${overdue.failsWith}).`,
  };
}

function sentenceOf(reason: WaitingReason): string {
  switch (reason.code) {
    case 'start-time':
      return `Starts at ${reason.until}, as it was told.`;
    case 'no-worker':
      return `No worker serves the queue "${reason.queue}"${after(' since ', reason.lastSeenAt)}. Start one for this queue; the job is kept until then.`;
    case 'queue':
      return queueSentence(reason);
    case 'handler':
      return `The worker that took it has no handler for "${reason.type}". Start a worker with that handler on the queue "${reason.queue}", or add it to the one that runs.`;
    case 'retry':
      return reason.error === undefined
        ? `The worker of attempt ${reason.attempt} of ${reason.maxAttempts} was gone before it ended; it is made again at ${reason.until}, on any worker of the queue.`
        : `Attempt ${reason.attempt} of ${reason.maxAttempts} failed (${reason.error}); the next starts at ${reason.until}.`;
    case 'turn':
      return `${reason.reason} It is tried${after(' at ', reason.until)}.`;
    case 'cancel':
      return cancelSentence(reason);
    case 'event-loop':
      return `The event loop${after(' of the worker ', reason.worker)} has been blocked for ${formatMs(seconds(reason.blockedMs))}: a handler there computes without a pause, and nothing else of that process goes on. Move such work to a worker thread or a child process.`;
    case 'workflow-code':
      return reason.isNonDeterministic
        ? `The code of the job's workflow is not the code that began it (${reason.error}); nothing is lost. Deploy the version that it began with, or one that replays it.`
        : `The code of the job's workflow fails (${reason.error}); nothing is lost, it is tried again and again. Deploy workers with the code corrected.`;
    case 'paused':
      return `Paused by hand in Temporal${after(' by ', reason.by)}${after(' at ', reason.since)}${after(': ', reason.reason)}. Unpause it there to let it go on.`;
    case 'unreachable':
      return `Temporal has not answered since ${reason.since}; what is shown was known then. Start it, or mend the way to it: jobs are kept, and the watch goes on by itself.`;
  }
}

function cancelSentence({ queue, isCleaningUp, error }: Extract<WaitingReason, { code: 'cancel' }>): string {
  if (queue !== undefined)
    return `Cancel was asked for, and no worker serves the queue "${queue}". Start one for this queue: it is carried out then.`;
  if (error !== undefined) return `Cancel was asked for; the handler has ended, its clean-up failed (${error}) and is tried again.`;
  if (isCleaningUp === true) return 'Cancel was asked for; the handler has ended, and its clean-up runs.';
  return 'Cancel was asked for; the handler is being stopped. One that does not end has to listen to ctx.signal.';
}

function queueSentence({ queue, workers, ahead, perSecond }: Extract<WaitingReason, { code: 'queue' }>): string {
  if (workers === undefined) return `Waits for a free worker on the queue "${queue}". If none runs there, start one for this queue.`;
  const serving = workers === 1 ? '1 worker serves it' : `${workers} workers serve it`;
  const before = ahead === undefined ? '' : ahead === 0 ? ', and it is next' : `, about ${ahead} ${ahead === 1 ? 'is' : 'are'} ahead`;
  const rate = ahead === undefined || ahead === 0 || perSecond === undefined || perSecond <= 0 ? '' : `, about ${perSecond} start a second`;
  return `Waits for a free place on the queue "${queue}": ${serving}${before}${rate}. For more places raise concurrency or start more workers.`;
}

function after(words: string, fact: string | undefined): string {
  return fact === undefined ? '' : words + fact;
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.floor(milliseconds / 1000)) * 1000;
}
