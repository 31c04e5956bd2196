/**
 * Builds `dist`: the compiled modules, the prebuilt workflow bundle and the dashboard. Does nothing when `dist` is fresh.
 * Usage: node scripts/build.mjs [--force]
 *
 * 1. One build at a time: a lock folder, taken over when its owner is gone.
 * 2. Files are overwritten in place and only those that no source stands for are removed, so a process that runs from `dist` keeps working.
 * 3. The stamp is removed first and written last: a build that was interrupted is never taken for a finished one.
 * 4. Nothing in `dist` names the folder, the machine or the time, and the code is byte for byte the same everywhere.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { dist, filesBelow, hashOf, isFresh, root, sourceHash, stampFile } from './freshness.mjs';

const lockFolder = join(root, 'node_modules', '.cache', 'holdfast-build');
const bundleFile = join(dist, 'workflows', 'bundle.js');
const bundleStampFile = join(dist, 'workflows', 'bundle.json');
const dashboardFolder = join(dist, 'dashboard');
const dashboardStampFile = join(root, 'node_modules', '.cache', 'holdfast-dashboard.json');
const LOCK_PATIENCE_MS = 180_000;

/** An error whose message is all that the user needs to see. */
export class SetUpError extends Error {}

/** Brings `dist` up to date. Resolves to true if there was something to do. */
export async function build({ force = false } = {}) {
  if (!force && isFresh()) return false;
  const release = await takeLock();
  try {
    if (!force && isFresh()) return false;
    const hash = sourceHash();
    rmSync(stampFile, { force: true });
    const dashboard = buildDashboard();
    try {
      compile();
      removeStrays();
      await bundleWorkflows();
    } finally {
      // The lock is held until nobody writes any more.
      await dashboard;
    }
    const commandLine = join(dist, 'cli', 'main.js');
    if (existsSync(commandLine)) chmodSync(commandLine, 0o755);
    writeFileSync(stampFile, `${JSON.stringify({ hash })}\n`);
    return true;
  } finally {
    release();
  }
}

function compile() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new SetUpError('The TypeScript compiler found errors (above).');
}

/** Removes what earlier builds left for sources that are gone. */
function removeStrays() {
  const src = join(root, 'src');
  const expected = new Set([bundleFile, bundleStampFile]);
  for (const file of filesBelow(src).filter((name) => name.endsWith('.ts'))) {
    const stem = join(dist, relative(src, file).slice(0, -'.ts'.length));
    for (const ending of ['.js', '.js.map', '.d.ts']) expected.add(stem + ending);
  }
  for (const file of filesBelow(dist).filter((name) => !expected.has(name) && !name.startsWith(dashboardFolder + sep))) rmSync(file);
  removeEmptyFolders(dist);
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    // The dashboard's own build may be at work in its folder.
    if (entry.isDirectory() && join(folder, entry.name) !== dashboardFolder) removeEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

/** The bundle that workers run simple jobs with, so that their users never meet a bundler. Made anew only when its inputs changed. */
async function bundleWorkflows() {
  const workflowsPath = join(dist, 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) {
    console.error('No src/workflows/index.ts yet: built without a workflow bundle.');
    return;
  }
  const require = createRequire(import.meta.url);
  const sdk = require('@temporalio/worker/package.json').version;
  const inputs = [...filesBelow(join(dist, 'workflows')), ...filesBelow(join(dist, 'contract'))].filter((file) => file.endsWith('.js'));
  const hash = hashOf([
    ...inputs.filter((file) => file !== bundleFile),
    join(root, 'package-lock.json'),
    join(root, 'scripts', 'build.mjs'),
  ]);
  const stamp = `${JSON.stringify({ sdk, hash })}\n`;
  if (existsSync(bundleFile) && existsSync(bundleStampFile) && readFileSync(bundleStampFile, 'utf8') === stamp) return;
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: relativeToProject,
  });
  writeFileSync(bundleFile, withPortableMap(code));
  writeFileSync(bundleStampFile, stamp);
}

/** The pages, by a process of its own beside the compiler. Made anew only when their inputs changed. */
async function buildDashboard() {
  const inputs = ['dashboard', 'src/api', 'src/contract'].flatMap((folder) => filesBelow(join(root, folder)));
  const stamp = hashOf([...inputs, join(root, 'package-lock.json'), join(root, 'scripts', 'build.mjs')]);
  const isThere = existsSync(join(dashboardFolder, 'index.html')) && existsSync(dashboardStampFile);
  if (isThere && readFileSync(dashboardStampFile, 'utf8') === stamp) return;
  rmSync(dashboardStampFile, { force: true });
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const child = spawn(process.execPath, [vite, 'build', '--config', 'dashboard/vite.config.ts', '--logLevel', 'warn'], {
    cwd: root,
    // The test runner has another one, with which React is made for developers.
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new SetUpError('The dashboard could not be built (above).');
  writeFileSync(dashboardStampFile, stamp);
}

/** Module names by their path in the project, whatever folder the build is started from. */
function relativeToProject(config) {
  return { ...config, context: root };
}

/** The bundle with a source map that names no folder of this machine: webpack writes absolute paths and a file name that depends on them. */
function withPortableMap(code) {
  return code.replace(/(sourceMappingURL=data:[^,]+;base64,)(\S+)/, (_whole, head, data) => {
    const map = JSON.parse(Buffer.from(data, 'base64').toString().replaceAll(root, '.'));
    return head + Buffer.from(JSON.stringify({ ...map, file: 'bundle.js' })).toString('base64');
  });
}

async function takeLock() {
  const pidFile = join(lockFolder, 'pid');
  mkdirSync(dirname(lockFolder), { recursive: true });
  for (const deadline = Date.now() + LOCK_PATIENCE_MS; ; await sleep(100)) {
    try {
      mkdirSync(lockFolder);
      writeFileSync(pidFile, String(process.pid));
      return () => rmSync(lockFolder, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isAlive(pidFile)) rmSync(lockFolder, { recursive: true, force: true });
    if (Date.now() > deadline) throw new SetUpError(`Another build holds ${lockFolder} for too long. Remove that folder and try again.`);
  }
}

/** True unless the lock names a process that is gone. A lock that is being written has no name yet and counts as alive. */
function isAlive(pidFile) {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')) || process.pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const startedAt = Date.now();
    const didBuild = await build({ force: process.argv.includes('--force') });
    console.error(didBuild ? `Built dist in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.` : 'dist is fresh.');
  } catch (error) {
    console.error(error instanceof SetUpError ? error.message : error);
    process.exitCode = 1;
  }
}
