/** Owns the question which jobs of a carrier are to be cancelled: the server tells their worker only that some are. */
import { asCancelJobs, CANCEL_JOBS } from '../../contract/carrier.ts';
import type { Temporal } from '../connection.ts';
import { payloadAt } from '../protocol.ts';

const PAGE = 200;

/** Places of the jobs that somebody has cancelled; `all` when that was the whole workflow. */
export async function cancelledJobs(
  temporal: Temporal,
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<ReadonlySet<number> | 'all'> {
  const places = new Set<number>();
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await temporal.read(`read the history of job "${execution.workflowId}"`, () =>
      temporal.client.workflowService.getWorkflowExecutionHistoryReverse({
        namespace: temporal.namespace,
        execution,
        maximumPageSize: PAGE,
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      }),
    );
    for (const event of page.history?.events ?? []) {
      if (event.workflowExecutionCancelRequestedEventAttributes != null) return 'all';
      const signal = event.workflowExecutionSignaledEventAttributes;
      if (signal?.signalName !== CANCEL_JOBS) continue;
      for (const place of asCancelJobs(payloadAt(signal.input, 0))?.jobs ?? []) places.add(place);
    }
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return places;
}
