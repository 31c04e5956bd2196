/** Owns what is sent while an attempt runs: its heartbeats, who sends them when the event loop cannot, and the progress its workflow is told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_HEARTBEAT_MS } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { type Attempt, type AttemptCall, isGivenUpBySdk } from './attempt.ts';
import type { Guarded } from './attempt-guard.ts';
import { ProgressReports } from './progress-reports.ts';
import type { HandlerHost } from './run-handler.ts';

/** Time for the server to learn who runs an attempt. */
const ANNOUNCE_MS = 250;
/** The SDK gives an attempt up when it saw no heartbeat for the heartbeat timeout and this; and a little less, to be sure. */
const SDK_PATIENCE_MS = 5000 - 500;

export interface Beats {
  /** Tells the server, before a further attempt calls its handler, who runs it. */
  announce(): Promise<void> | void;
  /** The attempt's time begins. */
  begin(timeoutMs: number): void;
  /** Does the work that ends the attempt, and sees to it that its end reaches the server. */
  reported<T>(work: () => Promise<T>): Promise<T>;
  stop(): void;
}

/** Starts the heartbeats of an attempt. */
export function startBeats(attempt: Attempt, context: AttemptCall, host: HandlerHost): Beats {
  const { workflowExecution, activityId } = context.info;
  const reports = new ProgressReports(attempt.startedAt.getTime(), (progress) => {
    // A carrier has many jobs, and a bounded history.
    if (workflowExecution !== undefined && !attempt.isCarried) host.reportProgress(workflowExecution, activityId, progress);
  });
  const guarded = guard(attempt, context, host);
  const { heartbeatTimeoutMs = Number.POSITIVE_INFINITY } = context.info;
  // The SDK counts from when it got the task; of one that lay in this process for longer the server would say that it is over.
  let sentAt = performance.now() - (guarded.isSuspect() ? heartbeatTimeoutMs : 0);
  let isGivenUp = false;
  // The SDK says so as well, behind all that was given to this process meanwhile: the attempt may be over before.
  const lookBack = (): void => {
    if (isGivenUp || performance.now() - sentAt < heartbeatTimeoutMs + SDK_PATIENCE_MS) return;
    isGivenUp = true;
    guarded.takeOver();
  };
  const send = (): void => {
    lookBack();
    sentAt = performance.now();
    attempt.heartbeat(host.running.count);
    guarded.update(attempt.state);
    reports.offer(attempt.state.progress, Date.now());
  };
  const stopBeats = host.heartbeats.start(send, context.info.heartbeatTimeoutMs);
  return {
    begin: (timeoutMs) => guarded.update(attempt.state, timeoutMs),
    stop() {
      stopBeats();
      guarded.update(attempt.state);
      guarded.end();
    },
    async reported(work) {
      const [end] = await Promise.allSettled([work()]);
      lookBack();
      if (isGivenUp || isGivenUpBySdk(context)) await guarded.report(end, attempt.state);
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    },
    async announce() {
      host.observer.attemptStarted(attempt);
      if (!(await guarded.isOpen())) attempt.abort(new JobError('worker-shutdown'));
      if (context.info.attempt > 1) send();
      // A handler that kills its process at once would be run for ever if no death of it were known to be its own.
      if (attempt.state.deaths > 0) await sleep(ANNOUNCE_MS);
    },
  };
}

function guard(attempt: Attempt, context: AttemptCall, { heartbeats }: HandlerHost): Guarded {
  const { info, cancellationSignal } = context;
  const guarded = heartbeats.guard.watch(
    {
      type: attempt.type,
      jobId: attempt.jobId,
      taskToken: info.taskToken,
      heartbeatMs: info.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_MS,
      dueAtMs: info.currentAttemptScheduledTimestampMs,
      stop: (why) => attempt.abort(new JobError(why === 'cancelled' ? 'cancelled' : 'worker-shutdown')),
    },
    attempt.state,
  );
  const onAbort = (): void => {
    if (isGivenUpBySdk(context) && !guarded.takeOver()) attempt.abort(new JobError('worker-shutdown'));
  };
  cancellationSignal.addEventListener('abort', onAbort, { once: true });
  return guarded;
}
