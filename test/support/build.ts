/** Owns a fresh `dist` before any test runs: the workflow bundle and the command line are tested as they are shipped. */
import { spawnSync } from 'node:child_process';

/** Vitest's global setup. Quick when `dist` is fresh. `npm test` refuses a `dist` that cannot be built; here it is a warning. */
export function setup(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  if (status === 0) return;
  console.error(`WARNING: dist could not be built, so tests that use it see the build before.\n${stdout}${stderr}`);
}
