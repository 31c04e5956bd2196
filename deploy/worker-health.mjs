/**
 * Health of the worker in this container: exits 0 when Temporal says that it polled each queue lately, 1 with a sentence otherwise.
 * A process that hangs or has lost its connection fails it; a process that merely exists does not pass it.
 * Usage: node deploy/worker-health.mjs [queue …]   Without a queue: `holdfast`, that of the shipped jobs. TEMPORAL_* variables name the server as they do for the worker.
 */
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

const ACTIVITIES = 2;
const CALL_TIMEOUT_MS = 8000;
/** A poll lasts a minute at most, so a live worker starts one at least that often. */
const LATELY_MS = 150_000;

/** The sentence that says why the worker is not healthy, or undefined. */
async function problem(connection, namespace, queue) {
  const request = { namespace, taskQueue: { name: queue }, taskQueueType: ACTIVITIES };
  const { pollers } = await connection.workflowService.describeTaskQueue(request);
  const own = pollers.filter(({ identity }) => identity.includes(hostname()));
  const lastPollAt = Math.max(...own.map(({ lastAccessTime }) => Number(lastAccessTime.seconds) * 1000));
  if (Date.now() - lastPollAt < LATELY_MS) return undefined;
  return `Temporal has not heard from a worker on ${hostname()} for the queue "${queue}" in ${LATELY_MS / 1000} s (${pollers.length} other workers).`;
}

async function main(queues) {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout: CALL_TIMEOUT_MS });
  const problems = await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
    Promise.all(queues.map((queue) => problem(connection, namespace, queue))),
  );
  await connection.close();
  return problems.filter((sentence) => sentence !== undefined);
}

const queues = process.argv.slice(2);
const problems = await main(queues.length === 0 ? ['holdfast'] : queues).catch((error) => [error.message]);
for (const sentence of problems) console.error(sentence);
process.exitCode = problems.length === 0 ? 0 : 1;
