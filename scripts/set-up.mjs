/**
 * Owns what a fresh clone needs before anything of it can run: a Node that is new enough, the packages of the lock file, a build.
 * Each step is skipped when there is nothing to do. Uses node's own modules only, since it runs before any package is there.
 * Usage: node scripts/set-up.mjs
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, SetUpError } from './build.mjs';
import { root } from './freshness.mjs';

const OLDEST_NODE = [20, 20];

/** Makes the clone ready to run. Says what takes time, and is silent when nothing has to be done. */
export async function setUp() {
  checkNode(process.versions.node);
  if (!arePackagesInstalled()) await timed('Installing the packages of package-lock.json (npm ci; about a minute)', installPackages);
  const startedAt = Date.now();
  if (await build()) say(`Built dist in ${seconds(startedAt)}.`);
}

/** Throws unless `version` is at least the oldest Node that the project runs on. */
export function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetUpError(
    `Holdfast needs Node ${OLDEST_NODE.join('.')} or later, and this is ${version}. Install Node 24 (recommended) and run the command again.`,
  );
}

/** True when `node_modules` holds what the lock file asks for. Compares versions, since times say nothing after a checkout. */
export function arePackagesInstalled(folder = root) {
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const installed = packagesOf(join(folder, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  const isInPlace = ([path, { version, optional }]) =>
    path === '' || installed[path]?.version === version || (optional === true && installed[path] === undefined);
  const hasNoStray = Object.keys(installed).every((path) => wanted[path] !== undefined);
  return hasNoStray && Object.entries(wanted).every(isInPlace);
}

function packagesOf(lockFile) {
  if (!existsSync(lockFile)) return undefined;
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function installPackages() {
  const { code, output } = await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code === 0) return;
  const tail = output.trimEnd().split('\n').slice(-15).join('\n');
  throw new SetUpError(`${tail}\n\nThe packages could not be installed ("npm ci", above). Check the network and run the command again.`);
}

/** Runs the npm that runs this script, or the one on PATH. */
function runNpm(args) {
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  return new Promise((resolve) => {
    let output = '';
    const isOnPath = command === 'npm';
    const child = spawn(command, [...first, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: isOnPath && process.platform === 'win32',
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

async function timed(what, work) {
  say(`${what} …`);
  const startedAt = Date.now();
  await work();
  say(`  done in ${seconds(startedAt)}.`);
}

function seconds(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}

function say(line) {
  console.error(line);
}

/** Ends a script: prints what a user needs of `error` and sets the exit code. */
export function fail(error) {
  console.error(error instanceof SetUpError ? error.message : error);
  process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await setUp().catch(fail);
