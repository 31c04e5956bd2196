/**
 * `npm test`: sets the clone up, runs the checks and every test, and ends with a line that counts them.
 * Usage: npm test -- [--skip-checks] [--long] [--label=WORD] [arguments of vitest]
 *   --skip-checks  tests only
 *   --long         the same tests with larger numbers (sets TEST_SCALE=long)
 *   --label=WORD   stands before the last line: `WORD: N passed, N failed, N skipped`
 * A check that fails counts as one failed test. A run without a passed test has failed.
 * A test that needs a server and fails is tried once more, and is named if it passes then; with --long it is not.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './freshness.mjs';
import { fail, setUp } from './set-up.mjs';

const CHECKS = [
  ['format', 'oxfmt', 'bin/oxfmt', ['--check', '.']],
  ['lint', 'oxlint', 'bin/oxlint', []],
  ['types', 'typescript', 'bin/tsc', []],
  ['types of the dashboard', 'typescript', 'bin/tsc', ['-p', 'dashboard']],
  ['unused code and packages', 'knip', 'bin/knip.js', []],
];

const isOwn = (arg) => arg === '--skip-checks' || arg === '--long' || arg.startsWith('--label=');

async function main(args) {
  const own = args.filter(isOwn);
  console.log(`Node ${process.versions.node}`);
  await setUp();
  const failedChecks = own.includes('--skip-checks') ? [] : await runChecks();
  const env = own.includes('--long') ? { TEST_SCALE: 'long' } : {};
  const { code, outcome } = await runVitest(
    args.filter((arg) => !isOwn(arg)),
    env,
  );
  const failed = outcome.failures.length + failedChecks.length;
  for (const name of failedChecks) console.log(`Check failed: ${name}`);
  report('SKIPPED', outcome.skipped);
  report('PASSED WHEN TRIED AGAIN', outcome.retried);
  report('FAILED', outcome.failures);
  const label = own.find((arg) => arg.startsWith('--label='))?.slice('--label='.length);
  console.log(`${label === undefined ? '' : `${label}: `}${outcome.passed} passed, ${failed} failed, ${outcome.skipped.length} skipped`);
  process.exitCode = code === 0 && failed === 0 && outcome.passed > 0 ? 0 : 1;
}

async function runChecks() {
  const failed = [];
  for (const [name, dependency, file, args] of CHECKS) {
    console.log(`Check: ${name}`);
    const code = await run([join(root, 'node_modules', dependency, file), ...args]);
    if (code !== 0) failed.push(name);
  }
  return failed;
}

async function runVitest(args, env) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const summary = join(folder, 'summary.json');
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts', 'summary-reporter.mjs')}`];
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const code = await run([vitest, 'run', ...reporters, ...args], { ...env, TEST_SUMMARY: summary });
    return { code, outcome: readOutcome(summary) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The outcome; one failure when vitest ended without writing one. */
function readOutcome(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failures: [{ name: 'vitest', reason: 'it ended without an outcome' }], retried: [], skipped: [] };
  }
}

function report(title, tests) {
  if (tests.length === 0) return;
  console.log(`\n${title} (${tests.length}):`);
  for (const { name, reason } of tests) console.log(`  ${name}: ${reason}`);
  console.log('');
}

/** Runs a script with this Node in this terminal; resolves to its exit code. Signals reach both, so it is waited for. */
function run(args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    const forward = (signal) => child.kill(signal);
    process.once('SIGTERM', forward);
    process.once('SIGINT', forward);
    child.on('error', () => resolve(1));
    child.on('close', (code) => {
      process.off('SIGTERM', forward);
      process.off('SIGINT', forward);
      resolve(code ?? 1);
    });
  });
}

await main(process.argv.slice(2)).catch((error) => {
  fail(error);
  console.log('0 passed, 1 failed, 0 skipped');
});
