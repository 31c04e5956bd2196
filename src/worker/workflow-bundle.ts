/** Owns which workflow bundle a worker loads: the one built with the package, or one made at start of the user's file. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import { JobError, messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';
import { temporalLogger } from './temporal-logger.ts';

const packageRoot = new URL('../../', import.meta.url);
const prebuilt = {
  code: new URL('dist/workflows/bundle.js', packageRoot),
  facts: new URL('dist/workflows/bundle.json', packageRoot),
  entry: new URL('dist/workflows/index.js', packageRoot),
};

/**
 * The bundle for a worker.
 * @param workflows the user's file with `export default jobWorkflows(…)`; undefined when all jobs are single handlers
 * @throws JobError `invalid-config` when the file cannot be bundled
 */
export async function workflowBundle(workflows: string | URL | undefined, log: Log): Promise<WorkflowBundleOption> {
  if (workflows !== undefined) return await bundle(typeof workflows === 'string' ? workflows : fileURLToPath(workflows), log);
  if (await isOfThisSdk()) return { codePath: fileURLToPath(prebuilt.code) };
  log.warn('the prebuilt workflow bundle is of another version of @temporalio/worker: bundling at start');
  return await bundle(fileURLToPath(prebuilt.entry), log);
}

/** A bundle must be loaded by the version of the SDK that made it. */
async function isOfThisSdk(): Promise<boolean> {
  const facts = JSON.parse(await readFile(prebuilt.facts, 'utf8')) as { sdk?: unknown };
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  return facts.sdk === version;
}

async function bundle(workflowsPath: string, log: Log): Promise<WorkflowBundleOption> {
  try {
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: temporalLogger(log) });
    return { code };
  } catch (error) {
    throw new JobError('invalid-config', `The workflow file ${workflowsPath} cannot be bundled: ${messageOf(error)}`, { cause: error });
  }
}
