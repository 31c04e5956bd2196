/**
 * Owns what a job is expected to do: a pure model of one job, of its handler, which does as it is told, and of its queue's only
 * worker. What comes of an action is read from the table of `outcomes.ts`; here is what follows from it.
 */
import { isTerminal, type JobStatus, type Priority } from '../../src/contract/index.ts';
import { type Action, ACTIONS, OUTCOMES } from './outcomes.ts';

/** What the job is added with. A later add of its key has the same, but for the delay. */
export interface Added {
  readonly isDelayed: boolean;
  readonly isKeyed: boolean;
  readonly maxAttempts: number;
  /** The wait between attempts: over at once, or longer than the test. */
  readonly wait: 'short' | 'long';
  readonly priority: Priority;
}

/** What a handler reports before it goes on. */
interface Report {
  readonly percent?: number | undefined;
  readonly checkpoint?: number | undefined;
}

export type Command =
  /** Once more. `isLate`: after the dedupe window. */
  | { readonly do: 'add'; readonly isSameInput: boolean; readonly isLate: boolean }
  /** `isHeeded`: the handler ends when its signal fires. */
  | { readonly do: 'cancel'; readonly isHeeded: boolean }
  | { readonly do: 'runNow' }
  | { readonly do: 'postpone'; readonly to: 'later' | 'past' }
  | { readonly do: 'setPriority'; readonly priority: Priority }
  | { readonly do: 'retryNow' }
  | { readonly do: 'retry'; readonly from: 'checkpoint' | 'start'; readonly isSameInput: boolean }
  | ({ readonly do: 'report' } & Report)
  | ({ readonly do: 'complete' } & Report)
  /** `how`: an error, a NonRetryable, a RetryAfter whose time is over at once, or one that outlasts the test. */
  | ({ readonly do: 'fail'; readonly how: 'plainly' | 'for good' | 'again at once' | 'again later' } & Report)
  | { readonly do: 'startWorker' }
  | { readonly do: 'stopWorker' };

/** The job as it is to be found once all is quiet. */
export interface ModelJob {
  readonly added: Added;
  readonly hasWorker: boolean;
  readonly status: JobStatus;
  readonly run: number;
  readonly input: number;
  readonly priority: Priority;
  /** Of this run. */
  readonly attempt: number;
  readonly failures: number;
  readonly shutdowns: number;
  readonly percent: number | undefined;
  readonly checkpoint: number | undefined;
  readonly actions: readonly string[];
  /** Handler calls of all runs. */
  readonly calls: number;
  /** What the handler is to find in `lastCheckpoint`. */
  readonly found: number | undefined;
  /** What the run before left for this one, until a handler has it. */
  readonly kept: Report;
}

/** How a command ends, and the job after it. */
export interface Expected {
  /** Undefined for what the handler and the worker do. */
  readonly outcome: string | undefined;
  readonly job: ModelJob;
}

const NEW_RUN = {
  attempt: 0,
  failures: 0,
  shutdowns: 0,
  percent: undefined,
  checkpoint: undefined,
  actions: [] as readonly string[],
  kept: {} as Report,
};

/** The job after it was added for the first time. */
export function newJob(added: Added, hasWorker: boolean): ModelJob {
  const job: ModelJob = {
    added,
    hasWorker,
    status: 'delayed',
    run: 1,
    input: 1,
    priority: added.priority,
    calls: 0,
    found: undefined,
    ...NEW_RUN,
  };
  return added.isDelayed ? job : due(job);
}

/** What comes of a command. */
export function expected(job: ModelJob, command: Command): Expected {
  switch (command.do) {
    case 'report':
      return { outcome: undefined, job: isHandled(job) ? reported(job, command) : job };
    case 'complete':
      return { outcome: undefined, job: isHandled(job) ? { ...reported(job, command), status: 'completed', percent: 100 } : job };
    case 'fail':
      return { outcome: undefined, job: isHandled(job) ? failed(reported(job, command), command.how) : job };
    case 'startWorker':
      return { outcome: undefined, job: job.hasWorker ? job : workerStarted({ ...job, hasWorker: true }) };
    case 'stopWorker':
      return { outcome: undefined, job: job.hasWorker ? { ...workerStopped(job), hasWorker: false } : job };
    case 'add':
      return addedAgain(job, command);
    default:
      return byHand(job, command);
  }
}

type ByHand = Extract<Command, { readonly do: 'cancel' | 'runNow' | 'postpone' | 'setPriority' | 'retryNow' | 'retry' }>;

function byHand(job: ModelJob, command: ByHand): Expected {
  const outcome = outcomeOf(job.status, command.do);
  const isRefused = outcome === 'conflict' || outcome === 'already-ended';
  // The second cancel is taken and makes no difference.
  const isIdle = isRefused || (command.do === 'cancel' && job.status === 'cancelling');
  return { outcome, job: isIdle ? job : acted({ ...job, actions: [...job.actions, command.do] }, command) };
}

function acted(job: ModelJob, command: ByHand): ModelJob {
  switch (command.do) {
    case 'cancel':
      return { ...job, status: job.hasWorker && (command.isHeeded || !isHandled(job)) ? 'cancelled' : 'cancelling' };
    case 'postpone':
      return command.to === 'later' ? job : due(job);
    case 'setPriority':
      return { ...job, priority: command.priority };
    case 'retry': {
      const { percent, checkpoint } = { ...job.kept, ...definedParts(job) };
      const kept = command.from === 'checkpoint' && checkpoint !== undefined ? { percent, checkpoint } : {};
      const input = command.isSameInput ? job.input : job.input + 1;
      return due({ ...job, ...NEW_RUN, run: job.run + 1, input, kept, actions: ['retry'] });
    }
    default:
      return due(job);
  }
}

function definedParts({ percent, checkpoint }: Report): Report {
  return { ...(percent === undefined ? {} : { percent }), ...(checkpoint === undefined ? {} : { checkpoint }) };
}

function addedAgain(job: ModelJob, { isSameInput, isLate }: Extract<Command, { readonly do: 'add' }>): Expected {
  if (!job.added.isKeyed) return { outcome: 'another job', job };
  const input = isSameInput ? job.input : job.input + 1;
  if (isLate && isTerminal(job.status)) {
    const next = due({ ...job, ...NEW_RUN, run: job.run + 1, input, priority: job.added.priority });
    return { outcome: 'new job', job: next };
  }
  return { outcome: isSameInput ? outcomeOf(job.status, 'add') : 'duplicate', job };
}

function outcomeOf(status: JobStatus, action: Action): string {
  return OUTCOMES.find((row) => row.status === status)?.outcomes[ACTIONS.indexOf(action)] ?? 'not in the table';
}

/** True while a handler waits to be told what to do. */
export function isHandled({ status, hasWorker }: ModelJob): boolean {
  return status === 'processing' || (status === 'cancelling' && hasWorker);
}

/** Its time is there: the handler is called if there is a worker. */
function due(job: ModelJob): ModelJob {
  if (!job.hasWorker) return { ...job, status: 'queued' };
  const { percent, checkpoint } = { ...job.kept, ...definedParts(job) };
  const { failures, calls } = job;
  return {
    ...job,
    status: 'processing',
    attempt: failures + 1,
    calls: calls + 1,
    percent,
    checkpoint,
    found: checkpoint,
    kept: {},
  };
}

function reported(job: ModelJob, { percent, checkpoint }: Report): ModelJob {
  const furthest = percent === undefined ? job.percent : Math.max(percent, job.percent ?? 0);
  return { ...job, percent: furthest, checkpoint: checkpoint ?? job.checkpoint };
}

function failed(job: ModelJob, how: Extract<Command, { readonly do: 'fail' }>['how']): ModelJob {
  if (job.status === 'cancelling') return { ...job, status: 'cancelled' };
  const after = { ...job, failures: job.failures + 1 };
  if (how === 'for good' || after.failures >= job.added.maxAttempts) return { ...after, status: 'failed' };
  const isAtOnce = how === 'again at once' || (how === 'plainly' && job.added.wait === 'short');
  return isAtOnce ? due(after) : { ...after, status: 'retrying' };
}

function workerStarted(job: ModelJob): ModelJob {
  if (job.status === 'queued') return due(job);
  return job.status === 'cancelling' ? { ...job, status: 'cancelled' } : job;
}

/** A handler that did not heed a cancel is told to end before. */
function workerStopped(job: ModelJob): ModelJob {
  if (job.status === 'cancelling') return { ...job, status: 'cancelled' };
  return job.status === 'processing' ? { ...job, status: 'queued', shutdowns: job.shutdowns + 1 } : job;
}
