/** Owns what is sent while an attempt runs: its heartbeats, who sends them when the event loop cannot, and the progress its workflow is told. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { DEFAULT_HEARTBEAT_MS } from '../contract/define-job.ts';
import { JobError } from '../contract/errors.ts';
import { type Attempt, isGivenUpBySdk } from './attempt.ts';
import type { Guarded } from './attempt-guard.ts';
import { ProgressReports } from './progress-reports.ts';
import type { HandlerHost } from './run-handler.ts';

/** Time for the server to learn who runs an attempt. */
const ANNOUNCE_MS = 250;
/** The SDK gives an attempt up when it saw no heartbeat for the heartbeat timeout and this; and a little less, to be sure. */
const SDK_PATIENCE_MS = 5000 - 500;
/** Time for the SDK to say so, once the event loop turns again. */
const SDK_ANSWER_MS = 1000;

export interface Beats {
  /** Tells the server, before a further attempt calls its handler, who runs it. */
  announce(): Promise<void>;
  /** The attempt's time begins. */
  begin(timeoutMs: number): void;
  /** Does the work that ends the attempt, and sees to it that its end reaches the server. */
  reported<T>(work: () => Promise<T>): Promise<T>;
  stop(): void;
}

/** Starts the heartbeats of an attempt. */
export function startBeats(attempt: Attempt, context: Context, host: HandlerHost): Beats {
  const { workflowExecution, activityId } = context.info;
  const reports = new ProgressReports(attempt.startedAt.getTime(), (progress) => {
    if (workflowExecution !== undefined) host.reportProgress(workflowExecution, activityId, progress);
  });
  const guarded = guard(attempt, context, host);
  let sentAt = performance.now();
  const send = (): void => {
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
      guarded.end();
    },
    async reported(work) {
      const [end] = await Promise.allSettled([work()]);
      if (await isGivenUp(context, performance.now() - sentAt)) await guarded.report(end, attempt.state);
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

function guard(attempt: Attempt, context: Context, { heartbeats }: HandlerHost): Guarded {
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

/** Whether the SDK drops the end of the attempt. It may have decided so and not have said so yet. */
async function isGivenUp(context: Context, silentMs: number): Promise<boolean> {
  const { info, cancellationSignal } = context;
  const patienceMs = (info.heartbeatTimeoutMs ?? Number.POSITIVE_INFINITY) + SDK_PATIENCE_MS;
  if (silentMs >= patienceMs && !cancellationSignal.aborted)
    await sleep(SDK_ANSWER_MS, undefined, { signal: cancellationSignal }).catch(() => undefined);
  return isGivenUpBySdk(context);
}
