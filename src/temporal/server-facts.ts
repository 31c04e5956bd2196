/** Owns what Temporal tells of itself. */
import { randomUUID } from 'node:crypto';
import { MAX_PAYLOAD_BYTES, MAX_STORED_BYTES } from '../contract/payload.ts';
import type { ServerFacts } from '../contract/server-facts.ts';
import { packageVersion } from '../package-version.ts';
import type { Temporal } from './connection.ts';
import { instantMs } from './protocol.ts';
import { retentionMs } from './retention.ts';
import { describeQueue } from './task-queue.ts';

/** The server takes no poll for less than two seconds; it is given up long before. */
const POLL_DEADLINE_MS = 10_000;
const POLL_MS = 300;

/** What is known of the server of a connection. @throws JobError `unavailable`, `invalid-config` */
export async function serverFacts(temporal: Temporal): Promise<ServerFacts> {
  const { server, values } = temporal;
  const [info, kept, aheadMs] = await Promise.all([
    temporal.call('read what the server is', () => temporal.client.workflowService.getSystemInfo({})),
    retentionMs(temporal),
    clockAheadMs(temporal),
  ]);
  return {
    holdfastVersion: packageVersion(),
    address: server.address,
    namespace: temporal.namespace,
    ...(info.serverVersion ? { temporalVersion: info.serverVersion } : {}),
    ...(server.uiUrl === undefined ? {} : { uiUrl: server.uiUrl }),
    ...(Number.isFinite(kept) ? { retentionMs: kept } : {}),
    ...(aheadMs === undefined ? {} : { clockAheadMs: aheadMs }),
    storesLargeValues: values.store !== undefined,
    largestValueBytes: values.store === undefined ? MAX_PAYLOAD_BYTES : MAX_STORED_BYTES,
  };
}

/** No call tells the server's time, but it notes when a queue was last polled: polls one that nobody uses, and compares. */
async function clockAheadMs(temporal: Temporal): Promise<number | undefined> {
  const queue = `holdfast-clock-${randomUUID()}`;
  const polledAt = Date.now();
  try {
    await pollOnce(temporal, queue);
    const { handlers } = await describeQueue(temporal, queue, 'call');
    const [seenMs] = (handlers.pollers ?? []).flatMap(({ lastAccessTime }) => instantMs(lastAccessTime) ?? []);
    return seenMs === undefined ? undefined : Math.round(seenMs - polledAt);
  } catch {
    // The rest is worth telling without it.
    return undefined;
  }
}

/** Given up when the server has surely got it: there is nothing to find. */
async function pollOnce(temporal: Temporal, queue: string): Promise<void> {
  const { client, namespace } = temporal;
  const poll = { namespace, taskQueue: { name: queue }, identity: 'holdfast-clock' };
  const { connection, workflowService } = client;
  const polling = (): Promise<unknown> =>
    connection.withDeadline(Date.now() + POLL_DEADLINE_MS, () => workflowService.pollActivityTaskQueue(poll));
  await connection.withAbortSignal(AbortSignal.timeout(POLL_MS), polling).catch(() => undefined);
}
