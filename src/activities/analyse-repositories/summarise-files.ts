/** Owns what the files of a commit add up to: counts, lines by language, hotspots. */
import type { RepositoryReport } from '../../jobs/analyse-repositories.ts';
import type { Language } from './language-data.ts';
import { type LanguageIndex, languagesOf } from './languages.ts';
import { forEachWithPauses } from './pauses.ts';
import type { Changes } from './read-history.ts';
import type { Tree, TreeFile } from './read-tree.ts';
import { TopList } from './top-list.ts';
import { isUnwritten } from './unwritten-files.ts';

export interface FileSummary {
  readonly files: RepositoryReport['files'];
  /** All of them, by lines. */
  readonly languages: RepositoryReport['languages'];
  /** The first of `hotspotsFound`. */
  readonly hotspots: readonly Hotspot[];
  readonly hotspotsFound: number;
}

type Hotspot = RepositoryReport['churn']['hotspots'][number];
type LanguageSum = RepositoryReport['languages'][number];

const MAX_HOTSPOTS = 50;
const OTHER = 'Other';

/** The sums over `tree`, whose contents have been read, with what the history says of its files. */
export async function summariseFiles(tree: Tree, changes: ReadonlyMap<string, Changes>, known: LanguageIndex): Promise<FileSummary> {
  const languageOf = await languagesOf(tree.files.values(), known);
  const { size: total } = tree.files;
  const files = { total, symlinks: 0, submodules: tree.submodules, binary: 0, unread: 0, unwritten: 0, bytes: 0, lines: 0 };
  const languages = new Map<string, LanguageSum>();
  const hotspots = new TopList<Hotspot>(MAX_HOTSPOTS, (a, b) => score(b) - score(a) || (a.path < b.path ? -1 : 1));
  let hotspotsFound = 0;
  await forEachWithPauses(tree.files.values(), (file) => {
    const isOthersWork = file.blob.isGenerated || isUnwritten(file.path);
    countFile(files, file, isOthersWork);
    if (file.isSymlink || file.blob.state !== 'text') return;
    const language = languageOf(file);
    addToLanguage(languages, language?.name ?? OTHER, { ...file.blob, isOthersWork });
    const { path, blob } = file;
    const changed = changes.get(path);
    if (isOthersWork || !isCode(language) || changed === undefined || changed.commits < 2) return;
    hotspotsFound += 1;
    hotspots.add({ path, ...changed, lines: blob.lines });
  });
  return {
    files,
    languages: [...languages.values()].toSorted((a, b) => b.lines - a.lines || (a.language < b.language ? -1 : 1)),
    hotspots: hotspots.items,
    hotspotsFound,
  };
}

/**
 * Churn × size: how often a file changed, times its lines, which say about as much of its complexity as costlier measures do.
 * Source: Adam Tornhill, "Your Code as a Crime Scene", hotspots.
 */
function score({ commits, lines }: Hotspot): number {
  return commits * lines;
}

function countFile(files: RepositoryReport['files'], { isSymlink, blob }: TreeFile, isOthersWork: boolean): void {
  files.bytes += blob.bytes ?? 0;
  if (isSymlink) files.symlinks += 1;
  else if (blob.state === 'binary') files.binary += 1;
  else if (blob.state === 'unread') files.unread += 1;
  else {
    files.lines += blob.lines;
    if (isOthersWork) files.unwritten += 1;
  }
}

function addToLanguage(
  languages: Map<string, LanguageSum>,
  language: string,
  { lines, bytes = 0, isOthersWork }: Pick<TreeFile['blob'], 'lines' | 'bytes'> & { readonly isOthersWork: boolean },
): void {
  const sum = languages.get(language) ?? { language, files: 0, lines: 0, unwritten: 0, bytes: 0 };
  sum.files += 1;
  sum.lines += lines;
  sum.bytes += bytes;
  if (isOthersWork) sum.unwritten += lines;
  languages.set(language, sum);
}

/** Data and prose are left out of the hotspots: a `package.json` would come first everywhere. */
function isCode(language: Language | undefined): boolean {
  return language?.type === 'programming' || language?.type === 'markup';
}
