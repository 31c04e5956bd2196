/** Owns the calls to the server that a worker makes while it works through a chunk. */
import type { HandlerHost } from '../activities/run-handler.ts';
import { type Outcome, OUTCOMES } from '../contract/carrier.ts';
import { cancelledJobs } from '../temporal/carried/cancelled-jobs.ts';
import type { Temporal } from '../temporal/connection.ts';

export function carrierCalls(temporal: Temporal): Pick<HandlerHost, 'writeAhead' | 'tellOutcomes' | 'cancelledJobs'> {
  const { client } = temporal;
  return {
    writeAhead: async (taskToken, record) => await client.activity.heartbeat(taskToken, record),
    async tellOutcomes({ workflowId, runId }, outcomes) {
      const signal: { readonly outcomes: readonly Outcome[] } = { outcomes };
      await temporal.call(`tell of jobs of "${workflowId}"`, () => client.workflow.getHandle(workflowId, runId).signal(OUTCOMES, signal));
    },
    cancelledJobs: async (carrier) => await cancelledJobs(temporal, carrier),
  };
}
