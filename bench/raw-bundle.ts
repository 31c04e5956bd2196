/** Owns the workflow bundle of raw Temporal: built once before the runs, as Holdfast's comes built with the package. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

export const rawBundlePath = join(import.meta.dirname, 'bundle', 'raw-workflow.js');

export async function bundleRawWorkflow(): Promise<void> {
  const workflowsPath = fileURLToPath(new URL('raw-workflow.js', import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  await mkdir(dirname(rawBundlePath), { recursive: true });
  await writeFile(rawBundlePath, code);
}
