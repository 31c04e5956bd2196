/** Owns what the files of a commit add up to: counts, lines by language, hotspots. */
import type { RepositoryReport } from '../../jobs/analyse-repositories.ts';
import type { Language } from './language-data.ts';
import { languagesOf } from './languages.ts';
import { forEachWithPauses } from './pauses.ts';
import type { Tree, TreeFile } from './read-tree.ts';
import { TopList } from './top-list.ts';
import { isUnwritten } from './unwritten-files.ts';

export interface FileSummary {
  readonly files: RepositoryReport['files'];
  /** All of them, by lines. */
  readonly languages: RepositoryReport['languages'];
  /** The first of `hotspotsFound`. */
  readonly hotspots: RepositoryReport['churn']['hotspots'];
  readonly hotspotsFound: number;
}

interface Hotspot {
  readonly file: TreeFile;
  readonly score: number;
}

const MAX_HOTSPOTS = 50;
const OTHER = 'Other';

/** The sums over `tree`, whose contents and history have been read. */
export async function summariseFiles(tree: Tree): Promise<FileSummary> {
  const languageOf = await languagesOf(tree.files.values());
  const files = { total: tree.files.size, symlinks: 0, submodules: tree.submodules, binary: 0, unread: 0, bytes: 0, lines: 0 };
  const languages = new Map<string, RepositoryReport['languages'][number]>();
  const hotspots = new TopList<Hotspot>(MAX_HOTSPOTS, (a, b) => b.score - a.score || (a.file.path < b.file.path ? -1 : 1));
  let hotspotsFound = 0;
  await forEachWithPauses(tree.files.values(), (file) => {
    countFile(files, file);
    if (file.isSymlink || file.blob.state !== 'text') return;
    const language = languageOf(file);
    addToLanguage(languages, language?.name ?? OTHER, file);
    if (!isHotspotCandidate(file, language)) return;
    hotspotsFound += 1;
    hotspots.add({ file, score: file.commits * Math.log2(1 + file.blob.lines) });
  });
  return {
    files,
    languages: [...languages.values()].toSorted((a, b) => b.lines - a.lines || (a.language < b.language ? -1 : 1)),
    hotspots: hotspots.items.map(({ file: { path, commits, added, deleted, blob } }) => ({
      path,
      commits,
      added,
      deleted,
      lines: blob.lines,
    })),
    hotspotsFound,
  };
}

function countFile(files: RepositoryReport['files'], { isSymlink, blob }: TreeFile): void {
  files.bytes += blob.bytes ?? 0;
  if (isSymlink) files.symlinks += 1;
  else if (blob.state === 'binary') files.binary += 1;
  else if (blob.state === 'unread') files.unread += 1;
  else files.lines += blob.lines;
}

function addToLanguage(languages: Map<string, RepositoryReport['languages'][number]>, language: string, { blob }: TreeFile): void {
  const sum = languages.get(language) ?? { language, files: 0, lines: 0, bytes: 0 };
  sum.files += 1;
  sum.lines += blob.lines;
  sum.bytes += blob.bytes ?? 0;
  languages.set(language, sum);
}

/** Code that people wrote and changed again. Data and prose are left out: a `package.json` would come first everywhere. */
function isHotspotCandidate(file: TreeFile, language: Language | undefined): boolean {
  const isCode = language?.type === 'programming' || language?.type === 'markup';
  return isCode && file.commits > 1 && !file.blob.isGenerated && !isUnwritten(file.path);
}
