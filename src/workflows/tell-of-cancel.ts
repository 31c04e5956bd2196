/** Owns the word that a cancelled job's workflow passes to the process it lives in, where its handler usually runs as well. */
import { CancellationScope, proxySinks, type Sinks, workflowInfo } from '@temporalio/workflow';
import type { CancelSinks } from '../contract/messages.ts';

const { holdfast } = proxySinks<CancelSinks & Sinks>();

/** Tells the process when the scope of this handler call is cancelled. Leaves no event in the history. */
export function tellOfCancel(activityId: string): void {
  void CancellationScope.current().cancelRequested.catch(() => {
    if (!workflowInfo().unsafe.isReplaying) holdfast.cancelled(activityId);
  });
}
