/** Owns the calls to the server that a worker makes while it works through a chunk. */
import type { HandlerHost } from '../activities/run-handler.ts';
import { type Outcome, OUTCOMES } from '../contract/carrier.ts';
import { cancelledJobs } from '../temporal/carried/cancelled-jobs.ts';
import type { Temporal } from '../temporal/connection.ts';
import { registerAttributes } from '../temporal/search-attributes.ts';

export function carrierCalls(temporal: Temporal): Pick<HandlerHost, 'writeAhead' | 'tellOutcomes' | 'cancelledJobs' | 'indexGroups'> {
  const { client } = temporal;
  let isIndexed = false;
  return {
    writeAhead: async (taskToken, record) => await client.activity.heartbeat(taskToken, record),
    async tellOutcomes({ workflowId, runId }, outcomes) {
      const signal: { readonly outcomes: readonly Outcome[] } = { outcomes };
      await temporal.call(`tell of jobs of "${workflowId}"`, () => client.workflow.getHandle(workflowId, runId).signal(OUTCOMES, signal));
    },
    async indexGroups() {
      // Once in a process: it is there for good.
      if (isIndexed) return;
      await registerAttributes(temporal);
      isIndexed = true;
    },
    cancelledJobs: async (carrier) => await cancelledJobs(temporal, carrier),
  };
}
