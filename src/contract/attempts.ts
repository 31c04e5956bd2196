/**
 * Owns the record that one handler call carries from attempt to attempt: failures counted, what happened to each
 * attempt, progress, checkpoint. It lives in the heartbeat details while the job is open, and afterwards in the
 * activity's result or failure. Pure: the handler wrapper writes it, the snapshot reader reads it.
 *
 * 1. Only handler failures use up an attempt. `attempt − 1 − failures − uncounted` attempts ended without a report:
 *    their worker died.
 * 2. The list is bounded: the last 20 attempts and 5 KB of JSON; a stack of at most 1 KB for the newest two.
 */
import { formatMs } from './duration.ts';
import { messageOf, stackOf } from './errors.ts';
import type { SegmentRecord } from './batch.ts';
import type { ChunkRecord } from './carrier.ts';
import type { NoticePlan } from './notices.ts';
import type { Progress } from './progress.ts';

export interface AttemptError {
  /** A code of the catalogue, or the handler's own. */
  readonly code: string;
  readonly message: string;
  readonly stack?: string;
}

/** What became of one attempt that did not complete the job. */
export interface AttemptRecord {
  /** 1 for the first try of the handler; an attempt that was not used up has the number of the one that follows. */
  readonly attempt: number;
  /** `failed` and `timed-out` use up an attempt; `shutdown` and `died` do not. */
  readonly outcome: 'failed' | 'timed-out' | 'shutdown' | 'died';
  /** Identity of the worker, where it is known. */
  readonly worker?: string;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly error: AttemptError;
  /** Wait until the next attempt, in milliseconds. Absent on the last one. */
  readonly backoffMs?: number;
}

export interface AttemptState {
  /** Handler failures so far: what `maxAttempts` limits. */
  readonly failures: number;
  /** Attempts that ended with a report and are not counted: worker shutdowns, a missing handler. */
  readonly uncounted: number;
  /** Worker deaths while this was the only handler in its process. */
  readonly deathsAlone: number;
  /** Worker deaths in all. */
  readonly deaths: number;
  readonly records: readonly AttemptRecord[];
  readonly progress?: Progress;
  readonly checkpoint?: unknown;
  /** The running attempt: who and since when. Turned into a `died` record when no report of it follows. */
  readonly running?: { readonly worker: string; readonly startedAt: string; readonly isAlone: boolean };
  /** The contract's limit of failures, for readers of a job that was started without it. */
  readonly maxAttempts?: number;
  /** The contract's limit of one try of a clean-up, for the workflow of a job that was started without it. */
  readonly cleanUpMs?: number;
  /** The contract's notices, for the workflow of a job that was started without them. */
  readonly notify?: readonly NoticePlan[];
  /** Of a chunk: what became of the jobs that it works through. */
  readonly chunk?: ChunkRecord;
  /** Of a call of a batch: the same of its items. */
  readonly segment?: SegmentRecord;
  /** True while this worker has no handler for the type. */
  readonly isHandlerMissing?: boolean;
  /** Why the last attempt gave its place back before it did anything. Gone with the start of the next one. */
  readonly snoozed?: string;
  /** Since when the event loop of its worker has been blocked. ISO 8601. Gone with the first heartbeat after that. */
  readonly blockedSince?: string;
}

export const POISON_DEATHS = 3;
const MAX_RECORDS = 20;
const MAX_RECORDS_BYTES = 5 * 1024;
const MAX_STACK_LENGTH = 1024;
const MAX_MESSAGE_LENGTH = 1000;
const MAX_OLD_MESSAGE_LENGTH = 200;
const KEPT_WHOLE = 2;
const RECORDS_KEPT_ALWAYS = 3;

export const FIRST_ATTEMPT: AttemptState = { failures: 0, uncounted: 0, deathsAlone: 0, deaths: 0, records: [] };

/** The state of a run that goes on from what the run before left. */
export function stateFrom({ checkpoint, progress }: Pick<AttemptState, 'checkpoint' | 'progress'>): AttemptState {
  return { ...FIRST_ATTEMPT, checkpoint, ...(progress === undefined ? {} : { progress }) };
}

/** What a carried job leaves in the history of its carrier: its last attempts, without stacks and long messages. */
export function briefState(state: AttemptState): AttemptState {
  return { ...state, records: state.records.slice(-RECORDS_KEPT_ALWAYS).map(short) };
}

/** The state for a call of its own, whose attempts the server counts from 1: those that it has not seen are not missing. */
export function stateOfNewCall(state: AttemptState): AttemptState {
  return { ...state, uncounted: -state.failures - state.deaths };
}

/** The state of a job whose worker died while it was running in a call that it shared. */
export function diedInCall(
  before: AttemptState = FIRST_ATTEMPT,
  attempt: { readonly startedAt: string; readonly worker?: string; readonly endedAt: string },
): AttemptState {
  const { running: _running, ...state } = before;
  const record: AttemptRecord = { attempt: state.failures + 1, outcome: 'died', ...attempt, error: WORKER_DIED };
  return { ...state, deaths: state.deaths + 1, records: trimRecords([...state.records, record]) };
}

/** Why an attempt left no report. */
const WORKER_DIED: AttemptError = { code: 'worker-died', message: 'The worker stopped answering before the attempt ended.' };

/**
 * The state at the start of the server's `attempt` (1 = first), given what the attempts before it left.
 * Attempts that left no report are worker deaths: they are recorded and not counted.
 */
export function beginAttempt(
  before: AttemptState | undefined,
  attempt: number,
  running: NonNullable<AttemptState['running']>,
): AttemptState {
  const { isHandlerMissing: _missing, snoozed: _snoozed, blockedSince: _blocked, running: last, ...state } = before ?? FIRST_ATTEMPT;
  const newDeaths = Math.max(0, attempt - 1 - state.failures - state.uncounted - state.deaths);
  if (newDeaths === 0) return { ...state, running };
  // Of several only one can be the attempt that left this record: the others had not even begun.
  const deathsAlone = state.deathsAlone + (last?.isAlone === true ? 1 : 0);
  const died: AttemptRecord = {
    attempt: state.failures + 1,
    outcome: 'died',
    ...(last === undefined ? {} : { worker: last.worker, startedAt: last.startedAt }),
    endedAt: running.startedAt,
    error: WORKER_DIED,
  };
  return { ...state, deaths: state.deaths + newDeaths, deathsAlone, records: trimRecords([...state.records, died]), running };
}

/** The state after the running attempt ended without completing the job. Counts it where its outcome is counted. */
export function endAttempt(state: AttemptState, record: AttemptRecord): AttemptState {
  const isCounted = record.outcome === 'failed' || record.outcome === 'timed-out';
  const { running: _running, ...rest } = state;
  return {
    ...rest,
    failures: state.failures + (isCounted ? 1 : 0),
    uncounted: state.uncounted + (isCounted ? 0 : 1),
    records: trimRecords([...state.records, record]),
  };
}

/** The state after the running attempt gave its place back before it did anything: nothing is used up, and there is nothing to tell of it. */
export function giveBackAttempt(state: AttemptState): AttemptState {
  const { running: _running, ...rest } = state;
  return { ...rest, uncounted: state.uncounted + 1 };
}

/** The same, for a reason that is shown until the next one. */
export function snoozeAttempt(state: AttemptState, why: string): AttemptState {
  return { ...giveBackAttempt(state), snoozed: why.slice(0, MAX_OLD_MESSAGE_LENGTH) };
}

/**
 * The state after the running attempt's time was over while the event loop of its worker was blocked, so that the handler's
 * wrapper cannot report it. The next attempt finds it counted.
 */
export function endBlockedAttempt(state: AttemptState, timeoutMs: number, at: Date): AttemptState {
  const { blockedSince: _blocked, running, ...rest } = state;
  const message = `The attempt took longer than its timeout of ${formatMs(timeoutMs)}, and blocked the event loop of its worker meanwhile.`;
  return endAttempt(rest, {
    attempt: state.failures + 1,
    outcome: 'timed-out',
    ...(running === undefined ? {} : { worker: running.worker, startedAt: running.startedAt }),
    endedAt: at.toISOString(),
    error: { code: 'timed-out', message },
  });
}

/** An error as an attempt keeps it: code, message and stack cut to their limits. */
export function attemptError(code: string, error: unknown): AttemptError {
  const stack = stackOf(error)?.slice(0, MAX_STACK_LENGTH);
  return { code, message: messageOf(error).slice(0, MAX_MESSAGE_LENGTH), ...(stack === undefined ? {} : { stack }) };
}

/** The value as an attempt record, or undefined when it is not one: anybody can heartbeat, or fail with details. */
export function asAttemptState(value: unknown): AttemptState | undefined {
  const isState =
    typeof value === 'object' &&
    value !== null &&
    'failures' in value &&
    typeof value.failures === 'number' &&
    'records' in value &&
    Array.isArray(value.records);
  return isState ? { ...FIRST_ATTEMPT, ...(value as AttemptState) } : undefined;
}

/** What does not fit: first the oldest attempts down to three, then the stacks and long messages of these. */
function trimRecords(records: readonly AttemptRecord[]): readonly AttemptRecord[] {
  let kept = shortenBut(KEPT_WHOLE, records.slice(-MAX_RECORDS));
  while (kept.length > RECORDS_KEPT_ALWAYS && bytesOf(kept) > MAX_RECORDS_BYTES) kept = kept.slice(1);
  if (bytesOf(kept) > MAX_RECORDS_BYTES) kept = shortenBut(1, kept);
  return bytesOf(kept) > MAX_RECORDS_BYTES ? shortenBut(0, kept) : kept;
}

/** The newest `whole` attempts as they are, those before without stack and with a short message. */
function shortenBut(whole: number, records: readonly AttemptRecord[]): readonly AttemptRecord[] {
  return records.map((record, index) => (index < records.length - whole ? short(record) : record));
}

function bytesOf(records: readonly AttemptRecord[]): number {
  return new TextEncoder().encode(JSON.stringify(records)).length;
}

function short(record: AttemptRecord): AttemptRecord {
  const { stack: _stack, ...error } = record.error;
  return { ...record, error: { ...error, message: error.message.slice(0, MAX_OLD_MESSAGE_LENGTH) } };
}
