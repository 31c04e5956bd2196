/**
 * Owns the shape of everything that travels between client, workflow, handler wrapper and reader, and its names.
 * All of it is plain JSON. Changing a shape must stay readable for jobs that are under way.
 */
import type { ActionNote } from './actions.ts';
import { asAttemptState, type AttemptState, FIRST_ATTEMPT } from './attempts.ts';
import { type BatchPlan, MAX_ITEMS, readBatchPlan } from './batch.ts';
import { MAX_CARRIED } from './carrier.ts';
import { MAX_DURATION_MS, MAX_TIMEOUT_MS } from './duration.ts';
import { type NoticePlan, readNoticePlans } from './notices.ts';
import { checkInteger, checkObject, invalidOption } from './options.ts';
import { isProgress, type Progress } from './progress.ts';
import { DEFAULT_RETRY, type RetryRule, retryRule } from './retry.ts';
import type { JobStatus } from './snapshot.ts';

/**
 * Second argument of every job workflow, handed on to the handler: what differs from the defaults. An absent part means
 * the contract's, which the worker that runs the handler knows.
 */
export interface RunOptions {
  readonly retry?: RetryRule;
  readonly timeoutMs?: number;
  readonly heartbeatMs?: number;
  /** The type has clean-up: the time limit of one try of it. */
  readonly cleanUpMs?: number;
  /** What a retry by hand goes on from. */
  readonly from?: { readonly checkpoint?: unknown; readonly progress?: Progress };
  /** Limits of the whole job, from the time it was due. */
  readonly deadlineMs?: number;
  readonly expiresInMs?: number;
  /** That time, ms since 1970: set by the workflow of a job with such limits. */
  readonly dueMs?: number;
  /** The type has a workflow of its own. A worker that does not know it leaves the job to one that does. */
  readonly steps?: true;
  /** Who is told of the end of the job. */
  readonly notify?: readonly NoticePlan[];
  /** From the time the job was due until its workflow code ran: set by the workflow, for the handler's statistics. */
  readonly queuedMs?: number;
  /** A cancel of the job does not stop this call: it is part of its clean-up. Set by the workflow. */
  readonly isShielded?: true;
  /** The workflow carries so many jobs: its input is the list of theirs. */
  readonly carries?: number;
  /** The one who started the carrier collects how its jobs ended; a failure may end the others. */
  readonly collects?: 'collect' | 'cancel-rest';
  /** The workflow is a batch of so many items. */
  readonly batch?: BatchPlan;
  /** The call is of the job at this place of its carrier, or of this item of its batch. Set by the workflow. */
  readonly carried?: number;
  /** What the attempt in a chunk left, and when the next one is due, ms since 1970. Set by the workflow. */
  readonly before?: { readonly state: AttemptState; readonly dueMs: number };
}

/** What a handler's activity returns: the job's output, and the record of how it came about. */
export interface ResultEnvelope {
  readonly output?: unknown;
  readonly state: AttemptState;
}

/** Memo key of every job that a client added. */
export const MEMO_KEY = 'holdfast';
/** What a reader needs without reading history. */
export interface JobMemo {
  /** Absent: workflow code started it, which does not know the contract. */
  readonly maxAttempts?: number;
  readonly deadlineMs?: number;
  readonly expiresInMs?: number;
  readonly key?: string;
  /** How many jobs the workflow carries; absent when it is one job. */
  readonly carries?: number;
  /** Of a batch: how many items it has, what people call it, and the first run whose results hold. */
  readonly batch?: BatchMemo;
  /** Digest of the input of a job with a dedupe key. */
  readonly inputHash?: string;
  /** Digest of everything that an add with an idempotency key said. */
  readonly requestHash?: string;
  /** Names the call of `add` that made this run. */
  readonly addId?: string;
  /** Number of the run, from the second on, and Temporal's id of the run before. */
  readonly run?: number;
  readonly previousRunId?: string;
  /** Absent: it was due at once. */
  readonly delayMs?: number;
  /** When the job was added, ms since 1970, and what was said with the retry by hand that made this run. */
  readonly addedMs?: number;
  readonly retried?: ActionNote;
}

export interface BatchMemo {
  readonly items: number;
  readonly name?: string;
  readonly since: number;
}

/** Memo key of a multi-step job: which steps have been started and what they add to the progress. */
export const STEPS_MEMO_KEY = 'holdfastSteps';
export interface StepsMemo {
  /** Percent that ended steps and the workflow's own reports add up to. */
  readonly percent: number;
  readonly message?: string;
  /** Activity id → step under way. One that the server no longer lists has just ended. */
  readonly running: Readonly<Record<string, StepMemo>>;
}
export interface StepMemo {
  /** Percent that the step adds to its job's progress. */
  readonly percent: number;
  /** What the step works on, for people. */
  readonly label?: string;
}

/** Signal that a handler sends to its workflow, and query of the same name. */
export const PROGRESS = 'progress';
/** Signal: the record of a handler that waits for its next attempt, sent before a cancel. For readers, and for the clean-up. */
export const RECORD = 'record';
/** Query: what the workflow knows of its status. It lags; the truth is the client's `get`. */
export const STATUS = 'status';

/** The progress signal's argument. */
export interface ProgressReport {
  /** Activity id of the reporting step. */
  readonly step: string;
  readonly progress: Progress;
}

/** The status query's answer. */
export interface StatusAnswer {
  readonly status: JobStatus;
  readonly progress: Progress | null;
}

/** What workflow code says to the process it lives in, besides the server. */
export type CancelSinks = {
  readonly holdfast: {
    /** The handler call of this activity id is cancelled. */
    cancelled(activityId: string): void;
  };
};

/** Local activity of every worker: parses the input of a multi-step job by its contract. */
export const PARSE_INPUT_ACTIVITY = 'holdfast.parse-input';

/** Local activity of every worker: makes the server's index ready for jobs that share workflows. */
export const GROUPS_ACTIVITY = 'holdfast.groups';

/** A worker tells the server the version of its package as the name of a plug-in that begins so. */
export const VERSION_PREFIX = 'holdfast ';

/** Search attribute (KeywordList) of the tags given at add. */
export const TAGS_ATTRIBUTE = 'HoldfastTags';

/** Search attribute (Keyword) of the key given at add. */
export const KEY_ATTRIBUTE = 'HoldfastKey';

/**
 * Search attribute (KeywordList) of a workflow of many: of a carrier the bits of numbers of jobs, by which these can be counted
 * (`contract/carried-bits.ts`); of a batch one word.
 */
export const JOBS_ATTRIBUTE = 'HoldfastJobs';
export const BATCH_WORD = 'batch';

/**
 * Run options that came over the wire, checked. Unknown keys are ignored, so that a newer client can talk to an older worker.
 * @throws JobError `invalid-options`
 */
export function readRunOptions(options: RunOptions | null | undefined): RunOptions {
  if (options === null || options === undefined) return {};
  checkObject(options, 'run options');
  const { retry, timeoutMs, heartbeatMs, cleanUpMs, deadlineMs, expiresInMs, dueMs, queuedMs, steps, from, isShielded, notify } = options;
  const { carries, carried, before, batch, collects } = options;
  return {
    ...(retry === undefined ? {} : { retry: readRetryRule(retry) }),
    ...(timeoutMs === undefined ? {} : { timeoutMs: checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: MAX_TIMEOUT_MS }) }),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs: checkInteger(heartbeatMs, 'heartbeatMs', { min: 1000, max: 600_000 }) }),
    ...(cleanUpMs === undefined ? {} : { cleanUpMs: checkInteger(cleanUpMs, 'cleanUpMs', { min: 1, max: MAX_TIMEOUT_MS }) }),
    ...(steps === true ? { steps } : {}),
    ...(deadlineMs === undefined ? {} : { deadlineMs: checkInteger(deadlineMs, 'deadlineMs', { min: 1, max: MAX_DURATION_MS }) }),
    ...(expiresInMs === undefined ? {} : { expiresInMs: checkInteger(expiresInMs, 'expiresInMs', { min: 1, max: MAX_DURATION_MS }) }),
    ...(dueMs === undefined ? {} : { dueMs: checkInteger(dueMs, 'dueMs', { min: 0, max: Number.MAX_SAFE_INTEGER }) }),
    ...(queuedMs === undefined ? {} : { queuedMs: checkInteger(queuedMs, 'queuedMs', { min: 0, max: MAX_DURATION_MS }) }),
    ...(from === undefined ? {} : { from: readFrom(from) }),
    ...(isShielded === true ? { isShielded } : {}),
    ...(notify === undefined ? {} : { notify: readNoticePlans(notify) }),
    ...(carries === undefined ? {} : { carries: checkInteger(carries, 'carries', { min: 1, max: MAX_CARRIED }) }),
    ...(collects === 'collect' || collects === 'cancel-rest' ? { collects } : {}),
    ...(carried === undefined ? {} : { carried: checkInteger(carried, 'carried', { min: 0, max: MAX_ITEMS - 1 }) }),
    ...(batch === undefined ? {} : { batch: readBatchPlan(batch) }),
    ...(before === undefined ? {} : { before: readBefore(before) }),
  };
}

function readFrom(from: NonNullable<RunOptions['from']>): NonNullable<RunOptions['from']> {
  checkObject(from, 'from in run options');
  const { checkpoint, progress } = from;
  if (progress !== undefined && !isProgress(progress))
    throw invalidOption('from.progress', 'a progress with a percent of 0 to 100', progress);
  return { checkpoint, ...(progress === undefined ? {} : { progress }) };
}

function readBefore({ state, dueMs }: NonNullable<RunOptions['before']>): NonNullable<RunOptions['before']> {
  return {
    state: asAttemptState(state) ?? FIRST_ATTEMPT,
    dueMs: checkInteger(dueMs, 'before.dueMs', { min: 0, max: Number.MAX_SAFE_INTEGER }),
  };
}

function readRetryRule(rule: Partial<RetryRule>): RetryRule {
  checkObject(rule, 'retry in run options');
  const { maxAttempts, initialIntervalMs, backoffCoefficient, maximumIntervalMs, jitter, intervalsMs } = { ...DEFAULT_RETRY, ...rule };
  const intervals = intervalsMs === undefined ? {} : { intervals: intervalsMs };
  return retryRule({
    maxAttempts,
    initialInterval: initialIntervalMs,
    backoffCoefficient,
    maximumInterval: maximumIntervalMs,
    jitter,
    ...intervals,
  });
}
