/**
 * Owns the analysis of one repository: the order of its phases, its progress, and that its folder is gone in the end.
 * A local repository is read in place and never written to; one behind https is cloned bare and removed. Nothing is
 * ever checked out. What each phase reads is in the file named after it.
 */
import { appendFile } from 'node:fs/promises';
import type { ParsedInputOf } from '../../contract/define-job.ts';
import { JobError } from '../../contract/errors.ts';
import { type analyseRepository, type RepositoryReport, sourceProblem } from '../../jobs/analyse-repositories.ts';
import type { Handler, HandlerContext } from '../handle.ts';
import { buildReport } from './build-report.ts';
import { cloneBare } from './clone.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { findHead, type Head } from './find-head.ts';
import { fitDetail } from './fit-detail.ts';
import type { GitPlace } from './git-process.ts';
import { openLocal } from './local-source.ts';
import { NotableFiles } from './notable-files.ts';
import { readContents } from './read-contents.ts';
import { emptyHistory, readHistory } from './read-history.ts';
import { readTree, type Tree } from './read-tree.ts';
import { makeScratchFolder, removeScratchFolder } from './scratch-folder.ts';
import { summariseFiles } from './summarise-files.ts';

export interface AnalyserSettings {
  /** Local sources must lie, links resolved, inside one of these folders. Empty: no local source is accepted. */
  readonly allowedRoots: readonly string[];
  /** Folder for clones, made when it is missing. Each analysis has a folder of its own in it and removes it. */
  readonly workDir: string;
  /** Each analysis appends `start|end <jobId> <source> attempt <n>` to this file. @default none is kept */
  readonly analysisLog?: string;
  /**
   * Hosts with private addresses are accepted too. Needed behind a proxy, which resolves names itself.
   * Consequence: a job can reach every https server of the worker's network. @default false
   */
  readonly allowPrivateHosts?: boolean;
  /** Added to git's otherwise empty environment, for example `{ https_proxy: '…', GIT_SSL_CAINFO: '…' }`. @default {} */
  readonly gitEnvironment?: Readonly<Record<string, string>>;
  /** Memory that one git process may take; a repository that needs more fails with `limit-exceeded`. Kept on Linux. @default 1024 */
  readonly gitMemoryMb?: number;
}

type AnalysisInput = ParsedInputOf<typeof analyseRepository>;

interface Analysis {
  readonly input: AnalysisInput;
  readonly context: HandlerContext;
  readonly settings: AnalyserSettings;
  readonly deadline: Deadline;
  /** The scratch folder, empty at the start. */
  readonly folder: string;
}

/** Where a phase ends on the way to 100 %. */
const FETCHED = 30;
const HISTORY_READ = 65;
const CONTENTS_READ = 99;

/**
 * A handler for the step `analyse-repository`.
 * @example handle(analyseRepository, analyseRepositoryHandler({ allowedRoots: ['/srv/git'], workDir: '/var/tmp/analyses' }))
 */
export function analyseRepositoryHandler(settings: AnalyserSettings): Handler<typeof analyseRepository> {
  return async (input, context) => {
    await log(settings, `start ${context.jobId} ${input.repository.source} attempt ${context.attempt}`);
    try {
      return await analyse(input, context, settings);
    } finally {
      await log(settings, `end ${context.jobId} ${input.repository.source} attempt ${context.attempt}`);
    }
  };
}

async function analyse(input: AnalysisInput, context: HandlerContext, settings: AnalyserSettings): Promise<RepositoryReport> {
  const { repository, options, detailBytes } = input;
  const problem = sourceProblem(repository.source);
  if (problem !== undefined) throw new JobError('source-refused', problem);
  const folder = await makeScratchFolder(settings.workDir, context.jobId, `${repository.source} ${repository.ref ?? ''}`);
  const deadline = startDeadline(context.signal, options.timeLimitMs);
  try {
    const report = await analyseIn({ input, context, settings, deadline, folder });
    return fitDetail(report, detailBytes);
  } finally {
    deadline.stop();
    await removeScratchFolder(folder);
  }
}

async function analyseIn(analysis: Analysis): Promise<RepositoryReport> {
  const { input, context, deadline } = analysis;
  const place = await fetchSource(analysis);
  const head = await findHead(place, input.repository.ref);
  context.progress(FETCHED, 'reading the list of files');
  const tree = await treeOf(place, head, input.options.maxEntries);
  deadline.signal.throwIfAborted();
  const history = await historyOf(place, head, { tree, context });
  deadline.signal.throwIfAborted();
  const notable = await contentsOf(place, tree, context);
  deadline.signal.throwIfAborted();
  context.progress(CONTENTS_READ, 'adding up');
  const report = await buildReport({ head, history, summary: await summariseFiles(tree), notable });
  context.progress(100, `analysed ${grouped(report.commits.total)} commits and ${grouped(report.files.total)} files`);
  return report;
}

async function fetchSource({ input, context, settings, deadline, folder }: Analysis): Promise<GitPlace> {
  const { source, ref } = input.repository;
  const place: GitPlace = {
    folder,
    signal: deadline.signal,
    environment: settings.gitEnvironment ?? {},
    ...(settings.gitMemoryMb === undefined ? {} : { memoryMb: settings.gitMemoryMb }),
  };
  if (source.startsWith('/')) return { ...place, gitDir: await openLocal(source, settings.allowedRoots) };
  context.progress(0, 'fetching');
  const gitDir = await cloneBare(place, {
    url: source,
    ...(ref === undefined ? {} : { ref }),
    maxDiskMb: input.options.maxDiskMb,
    allowPrivateHosts: settings.allowPrivateHosts ?? false,
    onProgress: (share, what) => context.progress(share * FETCHED, `fetching: ${what}`),
    onTooLarge: (error) => deadline.end(error),
  });
  return { ...place, gitDir };
}

async function treeOf(place: GitPlace, { commit }: Head, maxEntries: number): Promise<Tree> {
  if (commit === undefined) return { files: new Map(), blobs: new Map(), submodules: 0 };
  return await readTree(place, commit, maxEntries);
}

async function historyOf(
  place: GitPlace,
  { commit }: Head,
  { tree, context }: { tree: Tree; context: HandlerContext },
): ReturnType<typeof readHistory> {
  if (commit === undefined) return emptyHistory();
  return await readHistory(place, commit, {
    files: tree.files,
    onProgress: (done, total) => {
      const percent = FETCHED + (done / total) * (HISTORY_READ - FETCHED);
      context.progress(percent, `reading history: ${grouped(done)} of ${grouped(total)} commits`);
    },
  });
}

async function contentsOf(place: GitPlace, tree: Tree, context: HandlerContext): Promise<NotableFiles> {
  const notable = await NotableFiles.among(tree.files.values());
  await readContents(place, [...tree.blobs.values()], {
    onContent: (blob, content) => notable.take(blob, content),
    onProgress: (done, total) => {
      const percent = HISTORY_READ + (done / total) * (CONTENTS_READ - HISTORY_READ);
      context.progress(percent, `reading files: ${grouped(done)} of ${grouped(total)}`);
    },
  });
  return notable;
}

async function log({ analysisLog }: AnalyserSettings, line: string): Promise<void> {
  if (analysisLog !== undefined) await appendFile(analysisLog, `${line}\n`);
}

/** `1 234 567` */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ' ');
}
