/**
 * Owns the folder that one analysis may write to: `<workDir>/<job>/<source>/<random>`. It is empty at the start, and
 * gone in the end. The random part keeps an attempt apart from what a killed one may still be writing.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** An empty folder for an analysis of `source`. What an earlier attempt left behind is removed first. */
export async function makeScratchFolder(workDir: string, jobId: string, source: string): Promise<string> {
  const parent = join(jobFolder(workDir, jobId), shortHash(source));
  await remove(parent);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  return await mkdtemp(join(parent, 'attempt-'));
}

/** Removes an analysis's folder, and the job's when nothing else is in it. */
export async function removeScratchFolder(folder: string): Promise<void> {
  await remove(folder);
  await removeIfEmpty(dirname(folder));
  await removeIfEmpty(dirname(dirname(folder)));
}

/** Removes what any analysis of the job left on this worker. For the clean-up of a job whose worker was killed. */
export async function removeJobFolder(workDir: string, jobId: string): Promise<void> {
  await remove(jobFolder(workDir, jobId));
}

function jobFolder(workDir: string, jobId: string): string {
  return join(workDir, `analysis-${shortHash(jobId)}`);
}

async function remove(folder: string): Promise<void> {
  // A git that is about to die may add a file while the folder is emptied.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {});
}

/** Ids and sources hold any characters; a hash is a file name. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
