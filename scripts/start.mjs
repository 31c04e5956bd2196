/**
 * `npm start`: sets the clone up, then becomes `holdfast dev`.
 * Usage: npm start -- [arguments of `holdfast dev`]
 *
 * The command runs in this very process, so signals, the terminal and the exit code are its own with nothing in between.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetUpError } from './build.mjs';
import { dist } from './freshness.mjs';
import { fail, setUp } from './set-up.mjs';

const commandLine = join(dist, 'cli', 'main.js');
try {
  await setUp();
  if (!existsSync(commandLine)) throw new SetUpError('src/cli/main.ts is missing, so there is nothing to start.');
  process.argv = [process.execPath, commandLine, 'dev', ...process.argv.slice(2)];
  await import(pathToFileURL(commandLine).href);
} catch (error) {
  fail(error);
}
