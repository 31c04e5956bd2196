/** Owns the few questions that these tests ask a server. */
import { Client, Connection } from '@temporalio/client';

/** What `ask` answers, over a connection of its own. */
export async function withClient<T>(address: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: 5000 });
  try {
    return await ask(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** Starts a job that nobody runs. */
export function startWorkflow(address: string, workflowId: string): Promise<unknown> {
  return withClient(address, (client) => client.workflow.start('nobody-runs-it', { workflowId, taskQueue: 'none' }));
}

export function statusOf(address: string, workflowId: string): Promise<string> {
  return withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name);
}
