/**
 * Owns repositories with a life: well over a thousand commits by many people under several names, with branches, merges,
 * renames, deletions and files that come back, whose last commit holds exactly the given files.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seeded } from '../../support/random.ts';
import { DAY, type MadeCommit, START } from './made-repositories.ts';

/** Content by path, quoted as `git fast-import` takes it. */
export type Files = ReadonlyMap<string, Buffer>;

interface Life {
  readonly files: Files;
  /** What is on `main` now. */
  readonly now: Map<string, Buffer>;
  readonly waiting: [string, Buffer][];
  readonly random: Random;
}

const PEOPLE = [
  'Ann Lee <ann@example.org>',
  'A. Lee <ann@old.example.org>',
  'Zoë <zoe@example.org>',
  'zoë <ZOE@example.org>',
  '李 <li@example.org>',
];
/** Ann's two addresses are one, and Zoë's two spellings; the third line names who never wrote anything. */
export const MAILMAP = Buffer.from(
  'Ann Lee <ann@example.org> <ann@old.example.org>\nZoë <zoe@example.org> <ZOE@EXAMPLE.ORG>\nNobody <nobody@example.org>\n',
);

/** `commits` commits, and a last one that makes everything as it is to be. */
export function* lifeOf(files: Files, { commits, seed }: { readonly commits: number; readonly seed: number }): Iterable<MadeCommit> {
  const life: Life = { files, now: new Map(), waiting: [...files], random: seeded(seed) };
  const arrivals = Math.ceil((files.size * 2) / commits);
  let at = START;
  let side: Pick<MadeCommit, 'branch' | 'files'> = {};
  for (let index = 0; index < commits; index += 1) {
    at += Math.floor(life.random() * DAY) - DAY / 4;
    const author = personOf(life);
    const changed = Object.fromEntries(changesOf(life, arrivals));
    if (index % 20 === 15) {
      side = { branch: `side-${index}`, files: changed };
      yield { at, author, from: 'main', ...side };
    } else if (index % 20 === 19) yield { at, author, merges: [side.branch ?? ''], files: { ...side.files, ...changed } };
    else yield { at, author, files: changed };
  }
  const extra = [...life.now.keys()].filter((path) => !files.has(path));
  yield { at, files: Object.fromEntries([...files, ...extra.map((path) => [path, null] as const)]) };
}

type Changes = [string, Buffer | null][];

function changesOf(life: Life, arrivals: number): Changes {
  const changes: Changes = life.waiting.splice(0, arrivals).map(([path, content]) => [path, partOf(content, life.random)]);
  const paths = [...life.now.keys()];
  const chosen = paths[Math.floor(life.random() ** 3 * paths.length)];
  if (chosen !== undefined) changes.push(...changesOfOne(chosen, life));
  for (const [path, content] of changes) {
    if (content === null) life.now.delete(path);
    else life.now.set(path, content);
  }
  return changes;
}

/** Mostly edited; now and then deleted, renamed, or as it will be in the end. */
function changesOfOne(path: string, { files, now, random }: Life): Changes {
  const content = now.get(path) ?? Buffer.alloc(0);
  const chance = random();
  if (chance < 0.05) return [[path, null]];
  if (chance < 0.1 && !path.startsWith('"'))
    return [
      [path, null],
      [`moved/${path}`, content],
    ];
  if (chance < 0.4) return [[path, files.get(path) ?? content]];
  return [[path, Buffer.concat([partOf(files.get(path) ?? content, random), Buffer.from(`edited ${Math.floor(random() * 1e6)}\n`)])]];
}

function partOf(content: Buffer, random: Random): Buffer {
  return content.subarray(0, Math.floor(random() * content.length));
}

function personOf({ random }: Life): string {
  const index = Math.floor(random() ** 2 * 30);
  return PEOPLE[index] ?? `Person ${index} <person${index}@example.org>`;
}

/** Files of the installed packages whose names end like this, by their path there; `dist` is called `lib`, as if people had written it. */
export function installedFiles(
  endings: readonly string[],
  { packages, most }: { readonly packages: RegExp; readonly most: number },
): Map<string, Buffer> {
  const all = readdirSync('node_modules', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = all
    .map(({ parentPath, name }) => join(parentPath, name).slice('node_modules/'.length))
    .filter((path) => packages.test(path));
  const chosen = paths.filter((path) => endings.some((ending) => path.endsWith(ending))).toSorted();
  return new Map(chosen.slice(0, most).map((path) => [path.replaceAll('/dist/', '/lib/'), readFileSync(join('node_modules', path))]));
}
