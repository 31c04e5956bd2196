#!/usr/bin/env node
/** Owns the process of the `holdfast` command: environment, signals, exit code. Everything else is handed to `program.ts`. */
import { runProgram } from './program.ts';

/** `npm start` hands the Ctrl-C on that its terminal sends to both: two signals so close together are one key. */
const ONE_KEY_MS = 500;
const INTERRUPTED = 130;

const interruption = new AbortController();
let interruptedAt = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted && Date.now() - interruptedAt > ONE_KEY_MS) process.exit(INTERRUPTED);
    if (!interruption.signal.aborted) interruptedAt = Date.now();
    interruption.abort();
  });
}

const exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: process.stdout,
  err: process.stderr,
  interrupted: interruption.signal,
});
// What was interrupted while it started (a download) goes on in the background and would keep the process.
if (interruption.signal.aborted) process.exit(exitCode);
process.exitCode = exitCode;
