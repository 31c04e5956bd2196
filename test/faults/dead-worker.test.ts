/** What is told of a queue whose worker was killed. */
import { expect, test } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';
import { steps } from './support/steps.mjs';

/** Its silence is taken for death after 5 s; the server's answer is 1 s old, and the one of the client another. */
const SHOWN_WITHIN_MS = 10_000;

test('a job whose only worker was killed is told that there is none, and when one was last seen', async () => {
  const server = await ownServer();
  const client = await ownClient(server);
  const worker = await startWorkerProcess({ address: server.address, log: `${await ownFolder()}/log` });
  await (await client.add(steps, { count: 1, stepMs: 1 })).result();
  // Of one that was killed before its first heartbeat nobody knows how often it wanted to send them.
  await eventually('its first heartbeat', async () => (await client.stats({ queue: steps.queue })).workers.length > 0);
  const job = await client.add(steps, { count: 1, stepMs: 60_000 });
  await eventually('it to run', async () => (await job.get()).status === 'processing');
  await worker.kill();
  const killedAt = Date.now();
  const other = await client.add(steps, { count: 1, stepMs: 1 });
  const { waitingFor } = await eventually('it to be told', async () => {
    const snapshot = await other.get();
    return snapshot.waitingFor?.code === 'no-worker' && snapshot;
  });
  expect(Date.now() - killedAt).toBeLessThan(SHOWN_WITHIN_MS);
  expect(Math.abs(killedAt - Date.parse(waitingFor?.lastSeenAt ?? ''))).toBeLessThan(5000);
});
