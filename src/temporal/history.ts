/** Owns the reading of a whole history, page by page. */
import type { temporal as protocol } from '@temporalio/proto';
import type { Temporal } from './connection.ts';

export type HistoryEvent = protocol.api.history.v1.IHistoryEvent;

const PAGE = 1000;

/** The events of a run, the oldest first or, where it is asked for, the newest. */
export async function* historyOf(
  temporal: Temporal,
  execution: { readonly workflowId: string; readonly runId: string },
  order: 'oldest-first' | 'newest-first' = 'oldest-first',
): AsyncGenerator<HistoryEvent> {
  const { workflowService } = temporal.client;
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = {
      namespace: temporal.namespace,
      execution,
      maximumPageSize: PAGE,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    };
    const page = await temporal.read(`read the history of job "${execution.workflowId}"`, async () =>
      order === 'newest-first'
        ? await workflowService.getWorkflowExecutionHistoryReverse(request)
        : await workflowService.getWorkflowExecutionHistory(request),
    );
    yield* page.history?.events ?? [];
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
}
