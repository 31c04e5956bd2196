/** Owns the questions to a running server: is it healthy, what is it, how long does it keep jobs. Real calls, no guesses from ports. */
import { Connection, type ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';

export interface ServerFacts {
  /** Version of the Temporal server. */
  readonly version: string;
  /** Days that finished jobs are kept. */
  readonly retentionDays: number;
}

const NAMESPACE = 'default';
const CALL_TIMEOUT_MS = 3000;
const SECONDS_A_DAY = 86_400;
const GRPC_NOT_FOUND = 5;

/** The facts of a healthy server: it answers, has its namespace, and reads executions from its database. Rejects when it is not. */
export function askServer(address: string): Promise<ServerFacts> {
  return withConnection(address, async ({ workflowService }) => {
    const info = await workflowService.getSystemInfo({});
    const namespace = await workflowService.describeNamespace({ namespace: NAMESPACE });
    await readExecution(workflowService);
    return {
      version: info.serverVersion,
      retentionDays: Number(namespace.config?.workflowExecutionRetentionTtl?.seconds ?? 0) / SECONDS_A_DAY,
    };
  });
}

/** Sets how long the server keeps finished jobs. */
export function setRetention(address: string, days: number): Promise<void> {
  return withConnection(address, async ({ workflowService }) => {
    const workflowExecutionRetentionTtl = proto.google.protobuf.Duration.fromObject({ seconds: days * SECONDS_A_DAY });
    await workflowService.updateNamespace({ namespace: NAMESPACE, config: { workflowExecutionRetentionTtl } });
  });
}

/** The namespace is answered from memory; only a read of an execution tells that the history shard is up and its tables are whole. */
async function readExecution(workflowService: ConnectionLike['workflowService']): Promise<void> {
  try {
    await workflowService.describeWorkflowExecution({ namespace: NAMESPACE, execution: { workflowId: 'holdfast-health-check' } });
  } catch (error) {
    if ((error as { code?: unknown }).code !== GRPC_NOT_FOUND) throw error;
  }
}

async function withConnection<T>(address: string, call: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: CALL_TIMEOUT_MS });
  try {
    return await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => call(connection));
  } finally {
    await connection.close();
  }
}
