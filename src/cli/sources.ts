/** Owns what `holdfast dev` analyses: the repository of the working directory, and the sources on the command line. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { JobError } from '../contract/errors.ts';
import { sourceProblem } from '../jobs/analyse-repositories.ts';
import type { Host } from './host.ts';

export interface ChosenSources {
  /** As the job takes them: https URLs and absolute paths, each once. */
  readonly sources: readonly string[];
  /** Folders that the job may read. */
  readonly folders: readonly string[];
  /** False when the working directory is in no repository. */
  readonly hasOwn: boolean;
}

const GIT_TIMEOUT_MS = 10_000;
const LOOKS_LIKE_URL = /^[a-z][a-z0-9+.-]*:/i;

/**
 * The repository of the working directory, if it is one, then the arguments.
 * @throws JobError `invalid-options` for an argument that is neither an https URL nor a folder
 */
export async function chooseSources(args: readonly string[], { cwd }: Pick<Host, 'cwd'>): Promise<ChosenSources> {
  const own = await askGit(cwd, '--show-toplevel');
  const given = await Promise.all(args.map((arg) => sourceOf(arg, cwd)));
  const sources = [...new Set([...(own === undefined ? [] : [own]), ...given])];
  const local = sources.filter((source) => source.startsWith('/'));
  // The git folder of a linked work tree lies elsewhere. Its user named the work tree, so this may be read as well.
  const gitFolders = await Promise.all(local.map((source) => askGit(source, '--git-common-dir')));
  return {
    sources,
    folders: [...new Set([...local, ...gitFolders.filter((folder) => folder !== undefined)])],
    hasOwn: own !== undefined,
  };
}

async function sourceOf(arg: string, cwd: string): Promise<string> {
  const path = resolve(cwd, arg);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const source = isFolder || !LOOKS_LIKE_URL.test(arg) ? path : arg;
  const problem = sourceProblem(source);
  if (problem !== undefined) throw new JobError('invalid-options', problem, { details: { source: arg } });
  if (source === path && !isFolder) {
    throw new JobError(
      'invalid-options',
      `Expected a source to be an https URL or the folder of a git repository, got: ${JSON.stringify(arg)}. There is no folder ${path}.`,
      { details: { source: arg } },
    );
  }
  return source;
}

/** A path that git tells about the repository at `folder`; undefined when it is none, or there is no git. */
async function askGit(folder: string, question: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--path-format=absolute', question], {
      cwd: folder,
      timeout: GIT_TIMEOUT_MS,
    });
    return stdout.replace(/\n$/, '') || undefined;
  } catch {
    return undefined;
  }
}
