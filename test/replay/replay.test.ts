/** Jobs that are under way when a worker is updated go on: the histories of jobs of earlier versions replay on this code. */
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import { installRuntime } from '../../src/worker/runtime.ts';
import { temporalLogger } from '../../src/worker/temporal-logger.ts';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';
import { connectClient, silentLog, temporalClient } from '../support/jobs.ts';
import { readHistory, recordedNames, replayable, writeHistory } from './histories.ts';
import { recordings } from './recordings.ts';

// Not skipped tests otherwise: recording is a tool, and nothing is left out where it is not asked for.
test.each(process.env['RECORD_HISTORIES'] === '1' ? recordings : [])('recording $name', async (recording) => {
  const { workflow } = await temporalClient();
  const id = await recording.run(await connectClient());
  // Of one that went on in a new run it is the first run that shows how.
  const { raw } = await workflow.getHandle(id).describe();
  await writeHistory(recording.name, workflow.getHandle(id, raw.workflowExecutionInfo?.firstRunId ?? undefined));
  expect(await recordedNames()).toContain(recording.name);
});

describe('a recorded history', () => {
  test('is there for each course', async () => {
    expect(await recordedNames()).toEqual(recordings.map(({ name }) => name).toSorted());
  });

  test.each(recordings)('$name is small and names no machine', async ({ name }) => {
    const text = await readHistory(name);
    expect(text.length).toBeLessThan(100_000);
    for (const secret of [hostname(), process.cwd()]) expect(text).not.toContain(secret);
  });

  test('of a job that is one handler replays on the prebuilt bundle', async () => {
    const names = recordings.filter(({ workflows }) => workflows === 'shipped').map(({ name }) => name);
    expect(await replayErrors(await shippedBundle(), await Promise.all(names.map(readHistory)))).toEqual(names.map(() => undefined));
  });

  test('of a multi-step job replays on its own workflow file', async () => {
    const names = recordings.filter(({ workflows }) => workflows === 'multi-step').map(({ name }) => name);
    const workflowsPath = fileURLToPath(new URL('../workflow/workflows.ts', import.meta.url));
    const bundle = await bundleWorkflowCode({ workflowsPath, logger: temporalLogger(silentLog) });
    expect(await replayErrors(bundle, await Promise.all(names.map(readHistory)))).toEqual(names.map(() => undefined));
  });

  test.each([
    ['plain', '"activityType":{"name":"recorded"}', '"activityType":{"name":"another"}'],
    ['analyse-repositories', '"activityId":"step-2"', '"activityId":"step-9"'],
  ])('of a course that this code does not take is refused: %s with %s changed', async (name, is, other) => {
    const text = await readHistory(name);
    expect(text).toContain(is);
    const changed = text.replace(is, other);
    expect(await replayErrors(await shippedBundle(), [changed])).toEqual([expect.stringContaining('Nondeterminism')]);
  });
});

async function shippedBundle(): Promise<WorkflowBundleOption> {
  return await workflowBundle(undefined, silentLog);
}

/** What each replay failed with; undefined where it did not. */
async function replayErrors(bundle: WorkflowBundleOption, histories: readonly string[]): Promise<(string | undefined)[]> {
  installRuntime(silentLog);
  const errors: (string | undefined)[] = [];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: bundle }, histories.map(replayable)))
    errors.push(error?.message);
  return errors;
}
