/** What docs/changing-workflows.md says about a body that is changed while jobs of it are under way. */
import { expect, test } from 'vitest';
import { handle, multiStep } from '../../src/worker.ts';
import { connectClient, eventually, gate, ownQueue, type RunningWorker, runWorker } from '../support/jobs.ts';
import { stepOfVersion, versioned } from './support/versions/jobs.ts';

test('a job under way waits while the body is another, and ends as it began under one that tells the versions apart', async () => {
  const queue = ownQueue();
  const client = await connectClient();
  const { opened, open } = gate();
  const step = handle(stepOfVersion, async ({ what }, { signal }) => {
    await Promise.race([opened, aborted(signal)]);
    return what;
  });
  const workerOf = (version: string): Promise<RunningWorker> =>
    runWorker({
      workflows: new URL(`support/versions/${version}/workflows.ts`, import.meta.url),
      jobs: [multiStep(versioned), step],
      queues: { [queue]: {} },
    });

  const first = await workerOf('first');
  const old = await client.add(versioned, {}, { queue });
  await eventually('its step runs', async () => (await old.get()).steps[0]?.status === 'processing');
  await first.stop();

  const changed = await workerOf('changed');
  open();
  const stuck = await eventually('it is said that the code is another', async () => {
    const { waitingFor } = await old.get();
    return waitingFor?.code === 'workflow-code' && waitingFor;
  });
  expect(stuck).toMatchObject({ isNonDeterministic: true });
  await changed.stop();

  await workerOf('patched');
  expect(await old.result()).toEqual(['first']);
  expect(await (await client.add(versioned, {}, { queue })).result()).toEqual(['before', 'first']);
});

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}
