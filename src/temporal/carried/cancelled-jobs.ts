/** Owns the question which jobs of a carrier are to be cancelled: the server tells their worker only that some are. */
import { asCancelJobs, CANCEL_JOBS } from '../../contract/carrier.ts';
import type { Temporal } from '../connection.ts';
import { historyOf } from '../history.ts';
import { payloadAt } from '../protocol.ts';

/** Places of the jobs that somebody has cancelled; `all` when that was the whole workflow. */
export async function cancelledJobs(
  temporal: Temporal,
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<ReadonlySet<number> | 'all'> {
  const places = new Set<number>();
  for await (const event of historyOf(temporal, execution, 'newest-first')) {
    if (event.workflowExecutionCancelRequestedEventAttributes != null) return 'all';
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName !== CANCEL_JOBS) continue;
    for (const place of asCancelJobs(payloadAt(signal.input, 0))?.jobs ?? []) places.add(place);
  }
  return places;
}
