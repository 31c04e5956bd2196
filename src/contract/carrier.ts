/**
 * Owns jobs that share one workflow, their carrier: ids, what its parts tell each other, and the one reducer by which the workflow
 * and every reader know how each job stands. Pure.
 *
 * 1. All jobs of a carrier go into one call, a *chunk*: its worker makes the first attempt of each.
 * 2. A chunk begins jobs for as long as its turn is; those that it did not begin go out again, as several chunks with a longer turn.
 * 3. A job that needs another attempt, or whose worker died, gets a call of its own, which is that of a job with a workflow of its own.
 * 4. The first word about how a job ended holds. So each of them may be told twice, and by whom it comes does not matter.
 */
import type { AttemptState } from './attempts.ts';
import type { ActionNote } from './actions.ts';
import type { Progress } from './progress.ts';
import type { JobFailure } from './snapshot.ts';

/** Jobs of one carrier. With it the history of the worst one, each of whose jobs has a call of its own, is below 4 096 events. */
export const MAX_CARRIED = 500;
/** Bytes of JSON of all their inputs: they stand in the history two or three times, and with what failed jobs leave it stays below 4 MB. */
export const MAX_CARRIED_INPUT_BYTES = 256 * 1024;
/** Bytes of JSON of one output that stands in the history itself; a larger one goes to the payload folder. */
export const MAX_CARRIED_OUTPUT_BYTES = 4 * 1024;
/** Characters of the error that a job failed with. */
export const MAX_CARRIED_MESSAGE = 500;
/** Bytes of JSON of a checkpoint: of a job that is tried again it stands in the history. */
export const MAX_SHARED_CHECKPOINT_BYTES = 1024;

/** Signal: what became of some jobs of a chunk that goes on. */
export const OUTCOMES = 'outcomes';
/** Signal: cancel some jobs. */
export const CANCEL_JOBS = 'cancel-jobs';

/** The places of a batch's items have up to four digits. */
const CARRIED_ID = /^(.+)~(0|[1-9a-z][0-9a-z]{0,3})$/;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const RADIX = 36;

/** Where a job lives: its workflow, and its place in it when it is carried. */
export interface JobAddress {
  readonly workflowId: string;
  readonly place?: number;
}

/** Id of the job at a place of a carrier. */
export function carriedId(workflowId: string, place: number): string {
  return `${workflowId}~${place.toString(RADIX)}`;
}

/** Where the job of an id lives. Ids that were chosen by users are those of their workflows, whatever they look like. */
export function addressOf(id: string): JobAddress {
  const [, workflowId = '', place = ''] = CARRIED_ID.exec(id) ?? [];
  return UUID.test(workflowId) ? { workflowId, place: Number.parseInt(place, RADIX) } : { workflowId: id };
}

const CHUNK_ENDING = '[]';

/** Activity type of a chunk. */
export function chunkType(jobType: string): string {
  return `${jobType}${CHUNK_ENDING}`;
}

/** The job type whose chunks an activity type stands for; undefined for another one. */
export function readChunkType(type: string): string | undefined {
  return type.endsWith(CHUNK_ENDING) ? type.slice(0, -CHUNK_ENDING.length) : undefined;
}

/** The input of one job in that of its carrier. */
export interface CarriedInput {
  readonly input?: unknown;
}

/** What a chunk is given. */
export interface ChunkCall {
  readonly jobs: readonly ChunkJob[];
  /** How long it begins jobs, from the first one on, in milliseconds. */
  readonly turnMs: number;
  /** Time limit of each attempt, where the jobs were added with one. */
  readonly timeoutMs?: number;
}

export interface ChunkJob extends CarriedInput {
  readonly place: number;
}

/** What became of the attempt of one job. Times are milliseconds since 1970. */
export type Outcome = {
  readonly job: number;
  readonly endedMs: number;
  readonly startedMs?: number;
  readonly worker?: string;
  /** What its attempts left: absent when there was one and nothing to tell of it. */
  readonly state?: AttemptState;
} & (
  | { readonly end: 'completed'; readonly output?: unknown }
  | { readonly end: 'failed'; readonly error: JobFailure }
  | { readonly end: 'cancelled' }
  /** It needs a call of its own, not before `dueMs`. */
  | { readonly end: 'again'; readonly dueMs: number }
);

/** What a chunk keeps in its heartbeats for readers, and for the worker that goes on with it when its own has died. */
export interface ChunkRecord {
  /** Places of jobs whose outcomes the workflow has been told. */
  readonly told: readonly number[];
  /** Those that it has not been told yet. */
  readonly outcomes: readonly Outcome[];
  readonly running: readonly RunningJob[];
  /** Those that a shutdown has stopped, and what their attempts left. */
  readonly interrupted: readonly { readonly job: number; readonly state: AttemptState }[];
}

export interface RunningJob {
  readonly job: number;
  readonly startedMs: number;
  readonly progress?: Progress;
  readonly checkpoint?: unknown;
}

/** What a chunk returns: what the workflow has not been told. Jobs that it does not name were not begun. */
export interface ChunkResult {
  readonly outcomes: readonly Outcome[];
}

/** The signal that cancels jobs. */
export interface CancelJobs extends ActionNote {
  readonly jobs: readonly number[];
  /** What the attempts of the only one left: the server drops it when it cancels a call that waits. */
  readonly left?: AttemptState;
}

/** How one job stands. */
export type CarriedJob =
  | { readonly phase: 'waiting'; readonly cancel?: undefined }
  | { readonly phase: 'chunk'; readonly cancel?: CancelWord }
  /** It has a call of its own. */
  | { readonly phase: 'own'; readonly before: Extract<Outcome, { end: 'again' }>; readonly cancel?: CancelWord }
  | { readonly phase: 'ended'; readonly outcome: Exclude<Outcome, { end: 'again' }>; readonly cancel?: CancelWord };

/** Who cancelled a job, and when. */
export interface CancelWord extends Pick<CancelJobs, 'actor' | 'reason' | 'left'> {
  readonly atMs: number;
}

export type CarrierMessage =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[] }
  /** These jobs have gone into a chunk. */
  | { readonly kind: 'chunk-out'; readonly jobs: readonly number[] }
  | { readonly kind: 'cancel'; readonly jobs: readonly number[] | 'all'; readonly word: CancelWord }
  /** A chunk of these jobs is over: those that nothing was said of go into another one, unless they are cancelled or it `failed` for good. */
  | { readonly kind: 'chunk-over'; readonly jobs: readonly number[]; readonly atMs: number; readonly error?: JobFailure };

export type CarrierState = readonly CarriedJob[];

export function newCarrier(count: number): CarrierState {
  return Array.from({ length: count }, () => ({ phase: 'waiting' }));
}

/** How the jobs stand after a message. */
export function apply(state: CarrierState, message: CarrierMessage): CarrierState {
  const jobs = [...state];
  const change = (place: number, next: (job: OpenJob) => CarriedJob): void => {
    const job = jobs[place];
    if (job !== undefined && job.phase !== 'ended') jobs[place] = next(job);
  };
  switch (message.kind) {
    case 'outcomes':
      for (const outcome of message.outcomes) change(outcome.job, (job) => afterOutcome(job, outcome));
      break;
    case 'chunk-out':
      for (const place of message.jobs) change(place, (job) => (job.phase === 'waiting' ? { phase: 'chunk' } : job));
      break;
    case 'chunk-over':
      for (const place of message.jobs) change(place, (job) => afterChunk(job, place, message));
      break;
    case 'cancel':
      for (const place of message.jobs === 'all' ? jobs.keys() : message.jobs)
        change(place, (job) => afterCancel(job, place, message.word));
  }
  return jobs;
}

type OpenJob = Exclude<CarriedJob, { phase: 'ended' }>;

function afterOutcome(job: OpenJob, outcome: Outcome): CarriedJob {
  const { cancel } = job;
  const kept = cancel === undefined ? {} : { cancel };
  if (outcome.end !== 'again') return { phase: 'ended', outcome: withLeft(outcome, job), ...kept };
  if (job.phase === 'own') return job;
  if (cancel === undefined) return { phase: 'own', before: outcome };
  const { dueMs: _due, ...left } = outcome;
  return { phase: 'ended', outcome: { ...left, end: 'cancelled' }, ...kept };
}

/** The outcome of a call that the server ended by itself says nothing of what its attempts left. */
function withLeft<O extends Outcome>(outcome: O, job: OpenJob): O {
  const left = job.phase === 'own' ? (job.cancel?.left ?? job.before.state) : undefined;
  return outcome.state !== undefined || left === undefined ? outcome : { ...outcome, state: left };
}

function afterCancel(job: OpenJob, place: number, cancel: CancelWord): CarriedJob {
  if (job.phase === 'waiting') return { phase: 'ended', outcome: { job: place, endedMs: cancel.atMs, end: 'cancelled' }, cancel };
  return { cancel, ...job };
}

function afterChunk(job: OpenJob, place: number, { atMs, error }: Extract<CarrierMessage, { kind: 'chunk-over' }>): CarriedJob {
  if (job.phase !== 'chunk') return job;
  const about = { job: place, endedMs: atMs };
  if (job.cancel !== undefined) return { phase: 'ended', outcome: { ...about, end: 'cancelled' }, cancel: job.cancel };
  return error === undefined ? { phase: 'waiting' } : { phase: 'ended', outcome: { ...about, end: 'failed', error } };
}

/** What a carrier's workflow returns: how many of its jobs ended how. */
export interface CarrierResult {
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** By their places, for whoever collects them. */
  readonly ends?: readonly CarriedEnd[];
}

export type CarriedEnd =
  | { readonly status: 'completed'; readonly output?: unknown }
  | { readonly status: 'failed'; readonly error: JobFailure }
  | { readonly status: 'cancelled' };

/** How each of the jobs ended. */
export function endsOf(state: CarrierState): readonly CarriedEnd[] {
  return state.map((job): CarriedEnd => {
    if (job.phase !== 'ended' || job.outcome.end === 'cancelled') return { status: 'cancelled' };
    const { outcome } = job;
    if (outcome.end === 'failed') return { status: 'failed', error: outcome.error };
    return { status: 'completed', ...('output' in outcome ? { output: outcome.output } : {}) };
  });
}

export function resultOf(state: CarrierState): CarrierResult {
  const count = (end: Outcome['end']): number => state.filter((job) => job.phase === 'ended' && job.outcome.end === end).length;
  return { completed: count('completed'), failed: count('failed'), cancelled: count('cancelled') };
}

/** The message in what anybody may have sent; undefined when it is none. */
export function asOutcomes(value: unknown): readonly Outcome[] | undefined {
  const outcomes: unknown = isObject(value) ? value['outcomes'] : undefined;
  return Array.isArray(outcomes) && outcomes.every(isOutcome) ? outcomes : undefined;
}

const ENDS: readonly unknown[] = ['completed', 'failed', 'cancelled', 'again'] satisfies Outcome['end'][];

function isOutcome(value: unknown): value is Outcome {
  return isObject(value) && Number.isInteger(value['job']) && ENDS.includes(value['end']);
}

export function asCancelJobs(value: unknown): CancelJobs | undefined {
  const jobs: unknown = isObject(value) ? value['jobs'] : undefined;
  return Array.isArray(jobs) && jobs.every((job) => Number.isInteger(job)) ? (value as CancelJobs) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
