/**
 * Owns the workflow of every job type that is one handler: it calls the activity of its own name and returns what the
 * handler returned. One activity, no timer, no marker: its history has the same events as that of a hand-written
 * workflow around one activity, which is what a plain job may cost.
 */
import { isCancellation, workflowInfo } from '@temporalio/workflow';
import { readRunOptions, type RunOptions } from '../contract/messages.ts';
import type { Progress } from '../contract/progress.ts';
import { endAfterCleanUp, stateIn } from './clean-up.ts';
import { failOnJobError } from './failure.ts';
import { sendNotices } from './notices.ts';
import { Orders } from './orders.ts';
import { runStep } from './run-step.ts';
import { dueFact, dueMs, failIfOver } from './time-limits.ts';
import { showView, type View } from './view.ts';

/** The job that runs the handler of its own type. */
export async function singleStep(input: unknown, options?: RunOptions): Promise<unknown> {
  let progress: Progress | null = null;
  const view: View = {
    status: 'queued',
    overall: () => progress,
    report(report) {
      if (report.progress.percent >= (progress?.percent ?? 0)) progress = report.progress;
    },
  };
  showView(view);
  const orders = new Orders();
  let checked: RunOptions = {};
  try {
    checked = failOnJobError(() => readRunOptions(options));
    if (orders.isHeld) {
      view.status = 'delayed';
      await orders.due();
      view.status = 'queued';
    }
    const limited = { ...checked, ...dueFact(checked, orders.dueMs) };
    failIfOver(limited);
    const envelope = await runStep({
      type: workflowInfo().workflowType,
      input,
      options: { ...limited, queuedMs: queuedMs(orders.dueMs) },
      hasPriority: orders.hasPriority,
    });
    view.status = 'completed';
    progress = { ...envelope.state.progress, percent: 100 };
    await sendNotices(checked.notify ?? envelope.state.notify, { status: view.status });
    return envelope.output;
  } catch (error) {
    const ending = await endAfterCleanUp({ input, options: checked, error }, view);
    view.status = isCancellation(ending) ? 'cancelled' : 'failed';
    await sendNotices(checked.notify ?? stateIn(error)?.notify, { status: view.status, error: ending });
    throw ending;
  }
}

/** Until here: with no worker up a job waits for its workflow code, not for its handler. `orderedMs`: when it was due, if that was changed by hand. */
function queuedMs(orderedMs: number | undefined): number {
  return Math.max(0, Math.round(Date.now() - (orderedMs ?? dueMs())));
}
