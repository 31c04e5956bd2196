/** Owns the workflow bundles of raw Temporal: built once before the runs, as Holdfast's comes built with the package. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Where the bundle of a compiled workflow module is: beside it. */
export function bundlePathOf(module: URL): string {
  return fileURLToPath(module).replace(/\.js$/, '.bundle.cjs');
}

export async function bundleRawWorkflow(module: URL): Promise<void> {
  const { code } = await bundleWorkflowCode({ workflowsPath: fileURLToPath(module), logger: new DefaultLogger('WARN') });
  await writeFile(bundlePathOf(module), code);
}
