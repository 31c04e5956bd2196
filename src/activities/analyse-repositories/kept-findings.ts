/**
 * Owns what an analysis keeps for the next one of the same repository, and how far that still holds: the history up to a
 * commit, and what the contents of files said.
 *
 * 1. A commit id stands for its whole history, a blob id for its content: what was read of either holds for ever.
 * 2. The history is continued only if what was read and what is new add up to all there is. After a forced push they do not, and it
 *    is read anew.
 * 3. Authors are counted by the mailmap: when that is another file, the history is read anew.
 * 4. A history that ends early (a shallow clone) may end elsewhere next time: it is neither kept nor continued.
 */
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { constants, gunzip, gzip } from 'node:zlib';
import type { AnalysisCache } from './analysis-cache.ts';
import type { Head } from './find-head.ts';
import { type GitPlace, gitText, runTogether } from './git-process.ts';
import { type Changes, emptyHistory, type History } from './read-history.ts';
import type { Blob, Tree } from './read-tree.ts';

/** Where an analysis begins. */
export interface Recalled {
  /** Up to `since`; empty without it. */
  readonly history: History;
  readonly since?: string;
  /** Number of commits that came after it. */
  readonly commits?: number;
  /** Contents that are known. */
  readonly blobs: number;
}

/** To be raised with each change of what is read, or how: what an older version kept is not used. */
const VERSION = 1;
const BINARY = 1;
const GENERATED = 2;
const NUMBERS_A_PATH = 3;

/** Columns instead of objects: half a million files are a few arrays. */
interface Findings {
  readonly version: number;
  readonly commit: string;
  readonly mailmap: string | undefined;
  readonly history: Omit<History, 'changes'>;
  readonly paths: readonly string[];
  /** Commits, lines added and lines deleted of each path. */
  readonly changes: Float64Array;
  readonly blobs: readonly string[];
  readonly lines: Float64Array;
  readonly marks: Uint8Array;
  /** By the blob's index. */
  readonly interpreters: ReadonlyMap<number, string>;
}

interface Place {
  readonly place: GitPlace;
  readonly head: Head;
  readonly tree: Tree;
}

/** What still holds of what was kept; fills in what is known of the contents of `tree`. */
export async function recall(cache: AnalysisCache, { place, head, tree }: Place): Promise<Recalled> {
  const findings = await read(cache);
  if (findings === undefined) return { history: emptyHistory(), blobs: 0 };
  const blobs = fillIn(tree, findings);
  const commits = await commitsSince(place, findings, { head, tree });
  if (commits === undefined) return { history: emptyHistory(), blobs };
  return { history: { ...findings.history, changes: unpackedChanges(findings) }, since: findings.commit, commits, blobs };
}

/** Keeps what was found, if it is more than what was kept already. */
export async function remember(
  cache: AnalysisCache,
  { head, tree, history, recalled }: { head: Head; tree: Tree; history: History; recalled: Recalled },
): Promise<void> {
  const { commit, isShallow } = head;
  if (!cache.isOn || commit === undefined || isShallow || history.isCut) return;
  const blobs = [...tree.blobs.values()].filter(({ state }) => state !== 'unread');
  if (commit === recalled.since && blobs.length === recalled.blobs) return;
  const { changes, ...sums } = history;
  const findings: Findings = {
    version: VERSION,
    commit,
    mailmap: mailmapOf(tree),
    history: sums,
    paths: [...changes.keys()],
    changes: packedChanges(changes),
    blobs: blobs.map(({ id }) => id),
    lines: Float64Array.from(blobs, ({ lines }) => lines),
    marks: Uint8Array.from(blobs, marksOf),
    interpreters: new Map(blobs.flatMap(({ interpreter }, index) => (interpreter === undefined ? [] : [[index, interpreter]]))),
  };
  await cache.keepFindings(await promisify(gzip)(serialize(findings), { level: constants.Z_BEST_SPEED }));
}

/** Undefined when there are none, or they are damaged or of another version. */
async function read(cache: AnalysisCache): Promise<Findings | undefined> {
  const packed = await cache.readFindings();
  if (packed === undefined) return undefined;
  try {
    const findings = deserialize(await promisify(gunzip)(packed)) as Findings;
    return findings.version === VERSION ? findings : undefined;
  } catch {
    return undefined;
  }
}

/** How many commits came after the last one of the findings. Undefined: they cannot be continued. */
async function commitsSince(
  place: GitPlace,
  findings: Findings,
  { head: { commit, isShallow }, tree }: Omit<Place, 'place'>,
): Promise<number | undefined> {
  if (commit === undefined || isShallow || mailmapOf(tree) !== findings.mailmap) return undefined;
  if (commit === findings.commit) return 0;
  let [added, all] = [Number.NaN, Number.NaN];
  try {
    await runTogether(place, [
      async (place) => (added = await countCommits(place, commit, `^${findings.commit}`)),
      async (place) => (all = await countCommits(place, commit)),
    ]);
  } catch {
    // The commit is not there any more.
    place.signal.throwIfAborted();
  }
  // They do not add up after a forced push. Nor where dates of commits are far out of order: git then finds too many between two.
  return findings.history.commits + added === all ? added : undefined;
}

async function countCommits(place: GitPlace, ...range: string[]): Promise<number> {
  return Number(await gitText(place, ['rev-list', '--count', ...range, '--']));
}

function mailmapOf({ files }: Tree): string | undefined {
  return files.get('.mailmap')?.blob.id;
}

function fillIn({ blobs }: Tree, { blobs: ids, lines, marks, interpreters }: Findings): number {
  let known = 0;
  for (const [index, id] of ids.entries()) {
    const blob = blobs.get(id);
    if (blob === undefined) continue;
    const mark = marks[index] ?? 0;
    blob.state = (mark & BINARY) === 0 ? 'text' : 'binary';
    blob.isGenerated = (mark & GENERATED) !== 0;
    blob.lines = lines[index] ?? 0;
    blob.interpreter = interpreters.get(index);
    known += 1;
  }
  return known;
}

function marksOf({ state, isGenerated }: Blob): number {
  return (state === 'binary' ? BINARY : 0) | (isGenerated ? GENERATED : 0);
}

function packedChanges(changes: ReadonlyMap<string, Changes>): Float64Array {
  const packed = new Float64Array(changes.size * NUMBERS_A_PATH);
  let at = 0;
  for (const { commits, added, deleted } of changes.values()) {
    packed.set([commits, added, deleted], at);
    at += NUMBERS_A_PATH;
  }
  return packed;
}

function unpackedChanges({ paths, changes }: Findings): Map<string, Changes> {
  return new Map(
    paths.map((path, index) => {
      const [commits = 0, added = 0, deleted = 0] = changes.subarray(index * NUMBERS_A_PATH, (index + 1) * NUMBERS_A_PATH);
      return [path, { commits, added, deleted }];
    }),
  );
}
