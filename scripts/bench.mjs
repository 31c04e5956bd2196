/**
 * `npm run bench`: sets the clone up, compiles `bench/` and runs `bench/main.ts`. Node 20 does not run TypeScript, hence the compiler.
 * Usage: npm run bench -- [arguments of the benchmark]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetUpError } from './build.mjs';
import { root } from './freshness.mjs';
import { fail, setUp } from './set-up.mjs';

try {
  await setUp();
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'bench/tsconfig.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new SetUpError('The benchmark does not compile (above).');
  const main = join(root, 'bench', 'dist', 'main.js');
  process.argv = [process.execPath, main, ...process.argv.slice(2)];
  await import(pathToFileURL(main).href);
} catch (error) {
  fail(error);
}
