/** Owns the call that keeps a job whose handler was started from expiring while it waits for a further attempt. */
import type { Client } from '@temporalio/client';
import type { AttemptCall } from '../activities/attempt.ts';
import { messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';

const CALL_MS = 2000;

/**
 * Takes the longest wait from a handler call. The server would count it anew for each attempt. One that cannot (the test
 * server) or does not answer leaves it as it is.
 */
export async function stopExpiry(client: Client, { info }: AttemptCall, log: Log): Promise<void> {
  const { workflowExecution: execution, activityId: id } = info;
  if (execution === undefined) return;
  const { namespace } = client.options;
  const options = {
    namespace,
    execution,
    id,
    activityOptions: { scheduleToStartTimeout: {} },
    updateMask: { paths: ['schedule_to_start_timeout'] },
  };
  try {
    await client.connection.withDeadline(Date.now() + CALL_MS, () => client.workflowService.updateActivityOptions(options));
  } catch (error) {
    log.debug('longest wait not ended', { job: execution.workflowId, error: messageOf(error) });
  }
}
