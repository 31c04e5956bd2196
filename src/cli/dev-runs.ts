/**
 * Owns the memory of runs of `holdfast dev` whose job may still be open: its queue, and the folders that its user named.
 * The next run serves these queues, so that the job goes on. A queue of its own keeps a run's jobs away from workers that
 * may not read its folders, and the record keeps others from having any folder read by adding a job.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../embedded/server-file.ts';

const runSchema = z.object({ queue: z.string(), folders: z.array(z.string()) });

/** One run: its queue, and the folders that its jobs may read. */
export type DevRun = z.infer<typeof runSchema>;

/** A run that nobody knows yet. */
export function newRun(folders: readonly string[]): DevRun {
  return { queue: `dev-${randomBytes(4).toString('hex')}`, folders: [...folders] };
}

/** Runs that were remembered and not forgotten. */
export async function rememberedRuns(dataDir: string): Promise<readonly DevRun[]> {
  const names = await readdir(folderOf(dataDir)).catch(() => []);
  const runs = await Promise.all(names.map((name) => readRun(join(folderOf(dataDir), name))));
  return runs.filter((run) => run !== undefined);
}

export async function rememberRun(dataDir: string, run: DevRun): Promise<void> {
  await mkdir(folderOf(dataDir), { recursive: true, mode: 0o700 });
  await replaceFile(fileOf(dataDir, run.queue), `${JSON.stringify(run)}\n`);
}

export async function forgetRun(dataDir: string, queue: string): Promise<void> {
  await rm(fileOf(dataDir, queue), { force: true });
}

function folderOf(dataDir: string): string {
  return join(dataDir, 'dev-runs');
}

function fileOf(dataDir: string, queue: string): string {
  return join(folderOf(dataDir), `${queue}.json`);
}

/** Undefined for a file that is gone or half written. */
async function readRun(file: string): Promise<DevRun | undefined> {
  try {
    return runSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
