/** Owns the look into the run's payload folder: which files a job has there. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { payloadFolder } from './jobs.ts';

/** Paths of the stored values of a job. */
export async function storedValues(jobId: string): Promise<string[]> {
  const hash = createHash('sha256').update(jobId).digest('hex').slice(0, 40);
  const namespaces = await namesIn(payloadFolder());
  const folders = namespaces.map((namespace) => join(payloadFolder(), namespace, hash));
  return (await Promise.all(folders.map(async (folder) => (await namesIn(folder)).map((name) => join(folder, name))))).flat();
}

/** None for a folder that is not there: it is made with its first value, and goes with its last. */
async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
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
