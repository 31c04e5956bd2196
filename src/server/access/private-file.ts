/** Owns files that only their owner may read: how they are made, checked, replaced, and locked against a second writer. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError } from '../../contract/errors.ts';
import { replaceFile } from '../../embedded/server-file.ts';

const OTHERS = 0o077;
const LOCK_STALE_MS = 10_000;
const LOCK_WAIT_MS = 20;
const LOCK_PATIENCE_MS = 15_000;
const SECRET_BYTES = 32;

/** The content, or undefined when there is no file. @throws JobError `invalid-config` for one that others may read or write */
export async function readPrivate(file: string): Promise<string | undefined> {
  const facts = await stat(file).catch(undefinedIfAbsent);
  if (facts === undefined) return undefined;
  if ((facts.mode & OTHERS) !== 0)
    throw new JobError(
      'invalid-config',
      `The file ${file} can be read or written by others, and it guards access. Run: chmod 600 ${file}`,
      { details: { file } },
    );
  return await readFile(file, 'utf8').catch(undefinedIfAbsent);
}

/** Replaces the file: a reader sees the old content or the new one. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, text);
}

/** Random bytes that are made once and kept in a file. */
export async function keptSecret(file: string): Promise<Buffer> {
  return await whileLocked(file, async () => {
    const known = await readPrivate(file);
    if (known !== undefined) return Buffer.from(known.trim(), 'base64url');
    const secret = randomBytes(SECRET_BYTES);
    await writePrivate(file, `${secret.toString('base64url')}\n`);
    return secret;
  });
}

/** Runs `work` while no other process runs one for this file. A lock that a dead process left is taken over after 10 s. */
export async function whileLocked<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const giveUpAt = Date.now() + LOCK_PATIENCE_MS;
  while (!(await isTaken(lock))) {
    if (Date.now() > giveUpAt)
      throw new JobError('unavailable', `The file ${lock} is held by another process. If none runs, remove it.`, { details: { lock } });
    await sleep(LOCK_WAIT_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** True when the lock is ours now. */
async function isTaken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  const facts = await stat(lock).catch(undefinedIfAbsent);
  if (facts !== undefined && Date.now() - facts.mtimeMs > LOCK_STALE_MS) await rm(lock, { force: true });
  return false;
}

function undefinedIfAbsent(error: unknown): undefined {
  if (isCode(error, 'ENOENT')) return undefined;
  throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
