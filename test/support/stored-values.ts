/** Owns the look into the run's payload folder: which files a job has there. */
import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { payloadFolder } from './jobs.ts';

/** Paths of the stored values of a job. */
export async function storedValues(jobId: string): Promise<string[]> {
  const hash = createHash('sha256').update(jobId).digest('hex').slice(0, 40);
  // With the first value of a run the folder is made.
  await mkdir(payloadFolder(), { recursive: true, mode: 0o700 });
  const entries = await readdir(payloadFolder(), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.parentPath.endsWith(hash)).map(({ parentPath, name }) => join(parentPath, name));
}

/** A text whose JSON has so many bytes. */
export function textOf(bytes: number): string {
  return 'x'.repeat(bytes - 2);
}

/** An array in an array …, `levels` deep. */
export function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level += 1) value = [value];
  return value;
}
