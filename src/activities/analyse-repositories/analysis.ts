/**
 * Owns the analysis of one repository, in a thread of its own: the order of its phases, and its progress. A local repository
 * is read in place and never written to; one behind https is cloned bare. Nothing is ever checked out. What an earlier
 * analysis read is not read again (`analysis-cache.ts`), and the report is the same as without it.
 */
import type { JobError } from '../../contract/errors.ts';
import type { RepositoryReport } from '../../jobs/analyse-repositories.ts';
import { AnalysisCache } from './analysis-cache.ts';
import type { AnalysisTask } from './analysis-messages.ts';
import { buildReport } from './build-report.ts';
import { cloneBare, type CloneOptions } from './clone.ts';
import { findHead, type Head } from './find-head.ts';
import { fitDetail } from './fit-detail.ts';
import type { GitPlace } from './git-process.ts';
import { isWorthKeeping, updateClone } from './kept-clone.ts';
import { recall, type Recalled, remember } from './kept-findings.ts';
import type { LanguageIndex } from './languages.ts';
import { openLocal } from './local-source.ts';
import { NotableFiles } from './notable-files.ts';
import { readContents } from './read-contents.ts';
import { type History, readHistory } from './read-history.ts';
import { readTree, type Tree } from './read-tree.ts';
import { summariseFiles } from './summarise-files.ts';

export interface AnalysisOptions {
  readonly languages: LanguageIndex;
  readonly signal: AbortSignal;
  readonly onProgress: (percent: number, message: string) => void;
}

interface Analysis {
  readonly task: AnalysisTask;
  readonly cache: AnalysisCache;
  readonly place: GitPlace;
  readonly languages: LanguageIndex;
  readonly onProgress: AnalysisOptions['onProgress'];
  /** Ends the analysis: a limit was exceeded. */
  readonly end: (error: JobError) => void;
}

/** Where a phase ends on the way to 100 %. */
const FETCHED = 30;
const HISTORY_READ = 65;
const CONTENTS_READ = 99;

/** The report on the repository that the task names. */
export async function analyse(task: AnalysisTask, { languages, signal, onProgress }: AnalysisOptions): Promise<RepositoryReport> {
  const { settings, folder, input } = task;
  const limits = new AbortController();
  const place: GitPlace = {
    folder,
    signal: AbortSignal.any([signal, limits.signal]),
    environment: settings.gitEnvironment ?? {},
    ...(settings.gitMemoryMb === undefined ? {} : { memoryMb: settings.gitMemoryMb }),
  };
  const cache = new AnalysisCache(settings, input.repository);
  const end = (error: JobError): void => limits.abort(error);
  const report = await analyseIn({ task, cache, place, languages, onProgress, end });
  return fitDetail(report, input.detailBytes);
}

async function analyseIn(analysis: Analysis): Promise<RepositoryReport> {
  const { task, cache, onProgress } = analysis;
  const { source, ref } = task.input.repository;
  const isLocal = source.startsWith('/');
  const gitDir = isLocal ? await openLocal(source, task.settings.allowedRoots) : await fetchSource(analysis);
  const place: GitPlace = { ...analysis.place, gitDir };
  const head = await findHead(place, ref);
  onProgress(FETCHED, 'reading the list of files');
  const tree = await treeOf(place, head, task.input.options.maxEntries);
  place.signal.throwIfAborted();
  const recalled = await recall(cache, { place, head, tree });
  const history = await historyOf({ ...analysis, place }, head, { tree, recalled });
  place.signal.throwIfAborted();
  const notable = await contentsOf({ ...analysis, place }, tree);
  place.signal.throwIfAborted();
  onProgress(CONTENTS_READ, 'adding up');
  const summary = await summariseFiles(tree, history.changes, analysis.languages);
  const report = await buildReport({ head, history, summary, notable });
  await remember(cache, { head, tree, history, recalled });
  if (!isLocal && cache.isOn && (await isWorthKeeping(place, head, ref))) await cache.putClone(gitDir);
  onProgress(100, `analysed ${grouped(report.commits.total)} commits and ${grouped(report.files.total)} files`);
  return report;
}

/** The git folder of a clone: one that was kept, brought up to date, or a fresh one. */
async function fetchSource({ task, cache, place, onProgress, end }: Analysis): Promise<string> {
  const { input, settings } = task;
  const { source, ref } = input.repository;
  const options: CloneOptions = {
    url: source,
    ...(ref === undefined ? {} : { ref }),
    maxDiskMb: input.options.maxDiskMb,
    allowPrivateHosts: settings.allowPrivateHosts ?? false,
    onProgress: (share, what) => onProgress(share * FETCHED, `fetching: ${what}`),
    onTooLarge: end,
  };
  onProgress(0, 'fetching');
  const kept = await cache.takeClone(place.folder);
  if (kept !== undefined && (await updateClone(place, kept, options))) return kept;
  return await cloneBare(place, options);
}

async function treeOf(place: GitPlace, { commit }: Head, maxEntries: number): Promise<Tree> {
  if (commit === undefined) return { files: new Map(), blobs: new Map(), submodules: 0 };
  return await readTree(place, commit, maxEntries);
}

async function historyOf(
  { cache, place, onProgress }: Analysis,
  { commit }: Head,
  { tree, recalled: { history, since, commits } }: { tree: Tree; recalled: Recalled },
): Promise<History> {
  const isRead = commit === undefined || commit === since;
  if (isRead) return history;
  await readHistory(place, history, {
    commit,
    ...(since === undefined ? {} : { since }),
    ...(commits === undefined ? {} : { commits }),
    files: tree.files,
    keepsVanished: cache.isOn,
    onProgress: (done, total) => {
      const percent = FETCHED + (done / total) * (HISTORY_READ - FETCHED);
      const what = since === undefined ? 'commits' : `commits since ${since.slice(0, 8)}`;
      onProgress(percent, `reading history: ${grouped(done)} of ${grouped(total)} ${what}`);
    },
  });
  return history;
}

async function contentsOf({ place, onProgress }: Analysis, tree: Tree): Promise<NotableFiles> {
  const notable = await NotableFiles.among(tree.files.values());
  const unknown = [...tree.blobs.values()].filter((blob) => blob.state === 'unread' || notable.has(blob));
  await readContents(place, unknown, {
    onContent: (blob, content) => notable.take(blob, content),
    onProgress: (done, total) => {
      const percent = HISTORY_READ + (done / total) * (CONTENTS_READ - HISTORY_READ);
      onProgress(percent, `reading files: ${grouped(done)} of ${grouped(total)}`);
    },
  });
  return notable;
}

/** `1 234 567` */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ' ');
}
