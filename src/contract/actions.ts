/**
 * Owns what people can do with a job by hand: which action goes with which status, what can be said with it, and the
 * record of it. Pure; the calls are in `temporal/by-hand.ts`.
 */
import { JobError } from './errors.ts';
import { checkKeys, checkText } from './options.ts';
import type { Priority } from './priority.ts';
import type { JobStatus } from './snapshot.ts';
import type { Duration } from './duration.ts';
import type { Instant } from './start-time.ts';

/** What can be done by hand: the names of the client's methods. */
export type ActionName = 'cancel' | 'runNow' | 'postpone' | 'setPriority' | 'retryNow' | 'retry';

/** Who does something with a job by hand, and why: kept in the job's record. */
export interface ActionNote {
  /** A user, a program. 1–200 characters. */
  readonly actor?: string;
  /** 1–500 characters. */
  readonly reason?: string;
}

/** The note in what came over the wire: anybody can signal. */
export function noteIn({ actor, reason }: ActionNote): ActionNote {
  return { ...(typeof actor === 'string' ? { actor } : {}), ...(typeof reason === 'string' ? { reason } : {}) };
}

/** The new time: one of the two. */
export interface PostponeOptions extends ActionNote {
  /** Not before this time. Earlier than before is allowed; a past one means now. */
  readonly until?: Instant;
  /** Not before this long from now. */
  readonly delay?: Duration;
}

export interface RetryByHandOptions<Input = unknown> extends ActionNote {
  /** Another input. @default that of the run before */
  readonly input?: Input;
  /**
   * `checkpoint`: the handler finds in `lastCheckpoint` what the run before kept last. `start`: it begins anew.
   * @default 'checkpoint'; 'start' for a job of several steps, which has no checkpoint
   */
  readonly from?: 'checkpoint' | 'start';
}

/** Something that was done with a job by hand. */
export interface ActionRecord extends ActionNote {
  readonly action: ActionName;
  /** ISO 8601. */
  readonly at: string;
  /** The new time to start at, of `postpone`. ISO 8601. */
  readonly until?: string;
  /** The new priority, of `setPriority`. */
  readonly priority?: Priority;
}

/** Statuses in which an action can be done. A cancel is harmless in every one. */
const STATUSES_OF: Readonly<Record<Exclude<ActionName, 'cancel'>, readonly JobStatus[]>> = {
  runNow: ['delayed'],
  postpone: ['delayed'],
  setPriority: ['delayed', 'queued'],
  retryNow: ['retrying'],
  retry: ['failed', 'cancelled'],
};

const WORKS_INSTEAD: Readonly<Record<JobStatus, string>> = {
  delayed: 'It has not started yet: runNow, postpone, setPriority and cancel work',
  queued: 'It waits for a free place: setPriority and cancel work',
  processing: 'Its handler runs: cancel works, and retry after that',
  retrying: 'It waits for its next attempt: retryNow and cancel work',
  cancelling: 'It is being stopped: once it is cancelled, retry works',
  completed: 'It has its result: add it again to have it run again',
  failed: 'It has ended: retry makes a new run of it',
  cancelled: 'It has ended: retry makes a new run of it',
};

/** @throws JobError `conflict` when the action does not go with the status: it says what would work */
export function checkAction(action: Exclude<ActionName, 'cancel'>, { id, status }: { id: string; status: JobStatus }): void {
  const statuses = STATUSES_OF[action];
  if (statuses.includes(status)) return;
  throw new JobError(
    'conflict',
    `The job "${id}" is ${status}; ${action} is for a job that is ${statuses.join(' or ')}. ${WORKS_INSTEAD[status]}.`,
    { details: { id, status, action } },
  );
}

const MAX_REASON_LENGTH = 500;
const MAX_ACTOR_LENGTH = 200;

/** The note in `options`, checked; `more` are the option names beside it. @throws JobError `invalid-options` */
export function actionNote(options: ActionNote, action: ActionName, more: readonly string[] = []): ActionNote {
  checkKeys(options, [...more, 'reason', 'actor'], `${action} options`);
  const { reason, actor } = options;
  return {
    ...(reason === undefined ? {} : { reason: checkText(reason, 'the reason', MAX_REASON_LENGTH) }),
    ...(actor === undefined ? {} : { actor: checkText(actor, 'the actor', MAX_ACTOR_LENGTH) }),
  };
}
