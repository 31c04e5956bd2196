/** Owns that a clone of an earlier analysis is brought up to date instead of made anew: only what is new comes over the network. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CloneOptions, isCommitId, networkConfig, overNetwork } from './clone.ts';
import type { Head } from './find-head.ts';
import { folderBytes, MB } from './folder-bytes.ts';
import { type GitPlace, gitText } from './git-process.ts';

/** Each fetch adds a pack, and git looks into all of them. */
const MAX_PACKS = 50;
const HEADS = 'refs/heads/';

/**
 * True when the clone in `gitDir` is now what a fresh one would be. False when it cannot be made so, for whatever reason; it is
 * removed then. A fresh clone says what is wrong with the source.
 */
export async function updateClone(place: GitPlace, gitDir: string, options: CloneOptions): Promise<boolean> {
  try {
    const clone: GitPlace = { ...place, gitDir };
    const branch = await gitText(clone, ['symbolic-ref', '--quiet', 'HEAD']);
    const config = await networkConfig(place.signal, options);
    const isDefault = options.ref === undefined;
    if (isDefault && (await defaultBranch(clone, config, options.url)) !== branch) throw new Error('The default branch is another one.');
    const args = ['fetch', '--no-tags', '--no-write-fetch-head', '--recurse-submodules=no', '--progress'];
    const what = ['--', new URL(options.url).href, `+${branch}:${branch}`];
    await overNetwork(clone, options, [...config, ...args, ...what]);
    if ((await folderBytes(gitDir)) > options.maxDiskMb * MB) throw new Error('It has grown over its limit.');
    return true;
  } catch {
    place.signal.throwIfAborted();
    await rm(gitDir, { recursive: true, force: true });
    return false;
  }
}

/** True for the clone of a branch that can be brought up to date, cheaply enough. `ref`: what was asked for. */
export async function isWorthKeeping(place: GitPlace, { commit, isShallow }: Head, ref: string | undefined): Promise<boolean> {
  if (commit === undefined || isShallow || (ref !== undefined && isCommitId(ref))) return false;
  const isOfBranch = (await gitText(place, ['symbolic-ref', '--quiet', 'HEAD'], { mayFindNothing: true })).startsWith(HEADS);
  if (!isOfBranch) return false;
  const { gitDir = '' } = place;
  const packs = await readdir(join(gitDir, 'objects', 'pack'));
  return packs.filter((name) => name.endsWith('.pack')).length < MAX_PACKS;
}

/** `ref: refs/heads/main\tHEAD` */
async function defaultBranch(place: GitPlace, config: readonly string[], url: string): Promise<string | undefined> {
  const args = [...config, 'ls-remote', '--symref', '--', new URL(url).href, 'HEAD'];
  const answer = await gitText({ ...place, protocols: 'https' }, args);
  return new RegExp(`^ref: (${HEADS}\\S+)\\tHEAD$`, 'm').exec(answer)?.[1];
}
