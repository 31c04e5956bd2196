/**
 * Owns the rule that a data folder has one owner: the process whose server uses it. Every process that wants it puts a
 * claim file of its own into the folder, named after itself, and then looks at the others'.
 *
 * 1. A claim counts while the process it names lives; a dead one is removed by whoever sees it. Its name is never used
 *    by a living process again, so nothing that lives can be removed by mistake and there is nothing to steal.
 * 2. A process owns the folder only if it saw no other living claim *after* its own was there. Of two processes at
 *    least one sees the other, so two never own it; when both step back, both try again after a random pause.
 * 3. The owner then writes `owner` into its claim, so that the others stop trying.
 *
 * Does not start servers: `server.ts` does. Counts on all processes seeing the same pids: two containers that share a
 * folder do not.
 */
import { readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** The right to run the server of a data folder, until it is released or the process ends. */
export interface OwnerClaim {
  release(): Promise<void>;
}

const CLAIM_NAME = /^owner-(\d+)-(\d*)\.lock$/;
const TRIES = 40;

/**
 * The claim of this process on the folder, or undefined when another process (or another part of this one) owns it.
 * Of any number of processes that call this at the same time, exactly one gets the claim.
 */
export async function claimFolder(dataDir: string): Promise<OwnerClaim | undefined> {
  const path = claimPath(dataDir, identityOf(process.pid));
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (!(await createFile(path))) return undefined;
    const others = await otherClaims(dataDir);
    if (others.length === 0) {
      await writeFile(path, 'owner');
      return { release: () => rm(path, { force: true }) };
    }
    await rm(path, { force: true });
    if (others.some(({ isOwner }) => isOwner)) return undefined;
    await sleep(5 + Math.random() * 10 * (attempt + 1));
  }
  return undefined;
}

/** The living process that owns the folder, or undefined. */
export async function findOwner(dataDir: string): Promise<ProcessIdentity | undefined> {
  return (await livingClaims(dataDir)).find(({ isOwner }) => isOwner)?.identity;
}

interface Claim {
  readonly identity: ProcessIdentity;
  readonly isOwner: boolean;
}

async function otherClaims(dataDir: string): Promise<Claim[]> {
  return (await livingClaims(dataDir)).filter(({ identity }) => identity.pid !== process.pid);
}

async function livingClaims(dataDir: string): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const name of await readdir(dataDir)) {
    const match = CLAIM_NAME.exec(name);
    if (match === null) continue;
    const identity = { pid: Number(match[1]), startToken: match[2] ?? '' };
    const path = join(dataDir, name);
    if (isAlive(identity)) claims.push({ identity, isOwner: readText(path) === 'owner' });
    else await rm(path, { force: true });
  }
  return claims;
}

function claimPath(dataDir: string, { pid, startToken }: ProcessIdentity): string {
  return join(dataDir, `owner-${pid}-${startToken}.lock`);
}

/** False when the file exists already: this process has, or is about to have, the claim. */
async function createFile(path: string): Promise<boolean> {
  try {
    await writeFile(path, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Released between the listing and this line.
    return '';
  }
}
