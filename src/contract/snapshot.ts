/** Owns what is told about a job: its statuses and the snapshot that `get`, `watch` and `list` give. */
import type { ActionRecord } from './actions.ts';
import type { AttemptRecord } from './attempts.ts';
import type { BatchFacts } from './batch.ts';
import type { ErrorCode } from './errors.ts';
import type { Priority } from './priority.ts';
import type { Progress } from './progress.ts';

export const OPEN_STATUSES = ['delayed', 'queued', 'processing', 'retrying', 'cancelling'] as const;
export const TERMINAL_STATUSES = ['completed', 'failed', 'cancelled'] as const;
export type OpenStatus = (typeof OPEN_STATUSES)[number];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];
/**
 * `delayed` not before a time · `queued` waits for a worker · `processing` a handler runs · `retrying` an attempt failed and the
 * next has a time · `cancelling` cancel asked, clean-up running · `completed`, `failed`, `cancelled` are final.
 */
export type JobStatus = OpenStatus | TerminalStatus;

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return TERMINAL_STATUSES.some((terminal) => terminal === status);
}

/** Why a job is not running: a code, a sentence that names what to do next, and the facts in it. Times are ISO 8601. */
export interface WaitingFor {
  readonly code:
    | 'start-time'
    | 'no-worker'
    | 'queue'
    | 'handler'
    | 'retry'
    | 'turn'
    | 'cancel'
    | 'event-loop'
    | 'workflow-code'
    | 'paused'
    | 'unreachable';
  readonly sentence: string;
  /** When the wait is known to end. */
  readonly until?: string;
  /** Since when it is so: `event-loop`, `paused`, `unreachable`. */
  readonly since?: string;
  /** Where it waits: `no-worker`, `queue`, `handler`; `cancel` when nobody is there to carry it out. */
  readonly queue?: string;
  /** When a worker was last seen there: `no-worker`. */
  readonly lastSeenAt?: string;
  /** Workers that serve the queue: `queue`. */
  readonly workers?: number;
  /** About how many come first, and how many start a second: `queue`. */
  readonly ahead?: number;
  readonly perSecond?: number;
  /** The job type whose handler is missing: `handler`. */
  readonly type?: string;
  /** `retry`: the attempt that ended. `workflow-code`: how often it was tried. */
  readonly attempt?: number;
  readonly maxAttempts?: number;
  /** What went wrong: `retry`, `workflow-code`, `unreachable`. */
  readonly error?: string;
  readonly isNonDeterministic?: boolean;
  readonly blockedMs?: number;
  /** The worker that is blocked: `event-loop`. */
  readonly worker?: string;
  /** Who paused it: `paused`. */
  readonly by?: string;
  /** Why: `paused`, `turn`. */
  readonly reason?: string;
}

/** When a job will be done, as far as can be known. ISO 8601, to the second. */
export interface Eta {
  /** As likely before as after. */
  readonly p50: string;
  /** Nine of ten such jobs are done by then. */
  readonly p90: string;
  /** Finished runs that the estimate stands on; 0: the job's own progress alone. */
  readonly samples: number;
}

/** Why a job failed. */
export interface JobFailure {
  /** A code of the catalogue, or the handler's own. */
  readonly code: ErrorCode | (string & {});
  readonly message: string;
}

/** One handler call of a multi-step job that is under way. */
export interface StepSnapshot {
  readonly id: string;
  /** Name of the step's contract. */
  readonly type: string;
  readonly label?: string;
  readonly status: 'queued' | 'processing' | 'retrying' | 'cancelling';
  readonly attempt: number;
  readonly progress: Progress | null;
}

/** What a list row tells of a job. Times are ISO 8601. */
export interface JobSummary {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly status: JobStatus;
  readonly priority: Priority;
  readonly tags: readonly string[];
  /** Whose turn it is among the waiting, where `add` was told. */
  readonly key?: string;
  /** Whose it is, where `add` was told. */
  readonly tenant?: string;
  readonly addedAt: string;
  /** When it may start, if it was delayed. */
  readonly runAt?: string;
  readonly endedAt?: string;
  /** The handler failures that the job may have. */
  readonly maxAttempts: number;
  /** The row stands for so many jobs that share a workflow, each with an id of its own: that of the row, `~` and its place. */
  readonly carries?: number;
  /** Id of the row that it belongs to, when it shares its workflow. */
  readonly carrier?: string;
  /** Id of the job that started it: of several steps, or whose end it is the notice of. */
  readonly parent?: string;
  /** The job is a batch: its items, and how many of them stand how. In a list, those under way count as waiting. */
  readonly batch?: BatchFacts;
}

/** Everything that is known about a job, with no worker needed. */
export interface JobSnapshot extends JobSummary {
  /** Orders the snapshots of this job, from wherever they came: the higher is the newer. */
  readonly version: number;
  /** Attempt under way or last: 0 before the first, then 1 … `maxAttempts`. */
  readonly attempt: number;
  readonly progress: Progress | null;
  /** What the last attempt kept for the next one. */
  readonly checkpoint?: unknown;
  /** Start of the last attempt. */
  readonly startedAt?: string;
  /** Null while its handler goes on, and after its end. */
  readonly waitingFor: WaitingFor | null;
  /** When it will be done, as far as can be known; null once it has ended. */
  readonly eta: Eta | 'unknown' | null;
  /** Attempts that ended without completing the job, oldest first: the last 20. */
  readonly attempts: readonly AttemptRecord[];
  /** Worker of the last attempt, where it is known. */
  readonly worker?: string;
  /** Steps under way, for a job of several. */
  readonly steps: readonly StepSnapshot[];
  /** When the whole job has to be done, if it has a `deadline`. */
  readonly deadlineAt?: string;
  /** When it expires unless a handler was started, if it was given an `expiresIn`. */
  readonly expiresAt?: string;
  /** Only from `get`, not while watching. A value over 10 MB is told by its reference, `{ 'holdfast:payload': { id, bytes, sha256 } }`. */
  readonly input?: unknown;
  /** What was done by hand with this run, oldest first. Only from `get`, not while watching. */
  readonly actions?: readonly ActionRecord[];
  /** The handler's return value; only when `completed`. Over 10 MB, or when it is gone, its reference; `result` gives the value. */
  readonly output?: unknown;
  /** Only when `failed`. */
  readonly error?: JobFailure;
  /** What the one who asked for a cancel gave as the reason: from `cancelling` on. */
  readonly cancelReason?: string;
  /** Who asked for the cancel, where it was said. A cancel by Temporal's own tools has their name for their user. */
  readonly cancelledBy?: string;
  /** Run id of Temporal's, for the Web UI. */
  readonly runId: string;
  /** 1 for a job as it was added; a retry by hand and an add after the dedupe window make the next one. */
  readonly run: number;
  /** Temporal's id of the run before. */
  readonly previousRunId?: string;
}
