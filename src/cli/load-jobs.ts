/** Owns the loading of a user's module of jobs for `holdfast worker`, and what is said when it is not one. */
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { JobError, messageOf } from '../contract/errors.ts';
import { show } from '../contract/options.ts';
import type { JobDeclaration } from '../worker.ts';

export interface LoadedJobs {
  readonly jobs: readonly JobDeclaration[];
  /** Absolute path of the file with the workflows, when the module names one. */
  readonly workflows?: string;
}

const NEXT_STEP = 'It must export jobs, for example: export const jobs = [handle(sendEmail, send)];';
const TYPESCRIPT = new Set(['.ts', '.mts', '.cts']);
const SCRIPT = new Set([...TYPESCRIPT, '.js', '.mjs', '.cjs']);

/**
 * The jobs of a module: its export `jobs`, or an array as its default export. Its export `workflows` is optional.
 * @param specifier a file, relative to `cwd`, or the name of a package that is installed there
 * @throws JobError `invalid-config` when there is no such module, it cannot be loaded, or it exports something else
 */
export async function loadJobs(specifier: string, cwd: string): Promise<LoadedJobs> {
  const place = placeOf(specifier, cwd);
  const module = await importModule(place, specifier);
  const jobs = module['jobs'] ?? module['default'];
  if (jobs === undefined) throw unusable(specifier, `it has no export "jobs" (it exports ${listed(Object.keys(module))}). ${NEXT_STEP}`);
  if (!Array.isArray(jobs)) throw unusable(specifier, `its export "jobs" is ${show(jobs)}, not an array. ${NEXT_STEP}`);
  if (jobs.length === 0) throw unusable(specifier, `its export "jobs" is empty. ${NEXT_STEP}`);
  const wrong = jobs.findIndex((job) => !isDeclaration(job));
  if (wrong !== -1) {
    throw unusable(specifier, `jobs[${wrong}] is ${show(jobs[wrong])}, not what handle(contract, handler) or multiStep(contract) gives.`);
  }
  const workflows = workflowsOf(module['workflows'], { specifier, place });
  return { jobs: jobs as JobDeclaration[], ...(workflows === undefined ? {} : { workflows }) };
}

/** The absolute path of a file with workflows. @throws JobError `invalid-config` when it is not there */
export function workflowsFile(path: string, folder: string): string {
  const file = resolve(folder, path);
  if (existsSync(file)) return file;
  throw new JobError('invalid-config', `There is no file ${file}. Name the file with "export default jobWorkflows(…)".`);
}

/** A URL for `import`, or the bare name of a package. */
function placeOf(specifier: string, cwd: string): string {
  const path = resolve(cwd, specifier);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return pathToFileURL(path).href;
  if (found !== undefined && specifier.startsWith('.')) throw unusable(specifier, 'it is a folder. Name the file in it.');
  if (specifier.startsWith('.') || isAbsolute(specifier) || SCRIPT.has(extname(specifier))) {
    throw unusable(specifier, `there is no file ${path}. Name a JavaScript module of yours, or a package.`);
  }
  try {
    return pathToFileURL(createRequire(join(cwd, 'package.json')).resolve(specifier)).href;
  } catch {
    // A package for `import` only is not found that way, yet one beside this package is found by `import` itself.
    return specifier;
  }
}

/** Loads a module. @throws JobError `invalid-config` that says why it cannot be */
export async function importModule(place: string, specifier: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(place)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw unusable(specifier, reasonOf(error, place), error);
  }
}

function reasonOf(error: unknown, place: string): string {
  const { code } = error as { code?: unknown };
  const isTypeScript = TYPESCRIPT.has(extname(place));
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && isTypeScript) {
    return `Node ${process.versions.node} does not load TypeScript. Compile it and name the .js file, or use Node 24.`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND' && !place.startsWith('file:')) {
    return 'there is no such file and no such package. Name a JavaScript module of yours (./jobs.js), or a package that is installed.';
  }
  return `loading it failed: ${messageOf(error)}`;
}

function workflowsOf(workflows: unknown, { specifier, place }: { specifier: string; place: string }): string | undefined {
  if (workflows === undefined) return undefined;
  if (workflows instanceof URL) return workflowsFile(fileURLToPath(workflows), '/');
  if (typeof workflows !== 'string') {
    throw unusable(
      specifier,
      `its export "workflows" is ${show(workflows)}, not a path or URL of the file with "export default jobWorkflows(…)".`,
    );
  }
  if (workflows.startsWith('file:')) return workflowsFile(fileURLToPath(workflows), '/');
  return workflowsFile(workflows, place.startsWith('file:') ? dirname(fileURLToPath(place)) : process.cwd());
}

function isDeclaration(job: unknown): boolean {
  const { contract } = (job ?? {}) as { contract?: { name?: unknown } };
  return typeof contract?.name === 'string';
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `"${name}"`).join(', ');
}

function unusable(specifier: string, reason: string, cause?: unknown): JobError {
  return new JobError('invalid-config', `The module ${show(specifier)} cannot be used: ${reason}`, {
    cause,
    details: { module: specifier },
  });
}
