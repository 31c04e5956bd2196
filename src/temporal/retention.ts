/** Owns how long the server keeps finished jobs. Asked once per connection. */
import type { Temporal } from './connection.ts';
import { isUnimplemented } from './errors.ts';

const known = new WeakMap<Temporal, Promise<number>>();

/** Milliseconds that a finished job is kept; infinite on the time-skipping server of the tests, which cannot say. */
export async function retentionMs(temporal: Temporal): Promise<number> {
  const asked = known.get(temporal) ?? ask(temporal);
  known.set(temporal, asked);
  return await asked.catch((error: unknown) => {
    known.delete(temporal);
    throw error;
  });
}

async function ask(temporal: Temporal): Promise<number> {
  return await temporal.call(`read the retention of the namespace "${temporal.namespace}"`, async () => {
    try {
      const { config } = await temporal.client.workflowService.describeNamespace({ namespace: temporal.namespace });
      const seconds = config?.workflowExecutionRetentionTtl?.seconds;
      return seconds == null ? Number.POSITIVE_INFINITY : Number(String(seconds)) * 1000;
    } catch (error) {
      if (isUnimplemented(error)) return Number.POSITIVE_INFINITY;
      throw error;
    }
  });
}
