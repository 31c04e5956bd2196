/** Owns how a report is put together from what was read. Lists are capped here, and fitted to their budget by `fit-detail.ts`. */
import type { RepositoryReport } from '../../jobs/analyse-repositories.ts';
import { busFactor } from './bus-factor.ts';
import type { Head } from './find-head.ts';
import type { NotableFiles } from './notable-files.ts';
import { forEachWithPauses } from './pauses.ts';
import type { Author, History } from './read-history.ts';
import type { FileSummary } from './summarise-files.ts';
import { TopList } from './top-list.ts';

/** What an analysis found. */
export interface Findings {
  readonly head: Head;
  readonly history: History;
  readonly summary: FileSummary;
  readonly notable: NotableFiles;
}

const MAX_AUTHORS = 50;
const MAX_MONTHS = 600;
const MAX_DEPENDENCIES = 5000;
/** A packed ref has no limit of its own, and a report's numbers must fit the smallest budget. */
const MAX_BRANCH_LENGTH = 100;
const SECONDS_A_DAY = 86_400;

/** The report of an analysis. */
export async function buildReport({ head, history, summary, notable }: Findings): Promise<RepositoryReport> {
  const topAuthors = await authorsByCommits(history.authors.values());
  const months = [...history.months].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([month, commits]) => ({ month, commits }));
  const byMonth = months.slice(-MAX_MONTHS);
  const read = notable.manifests.toSorted((a, b) => depth(a.path) - depth(b.path) || byPath(a, b));
  const manifests = read.map(({ dependencies, ...manifest }) => ({ ...manifest, dependencies: dependencies.length }));
  const declared = read.flatMap(({ path, dependencies }) => dependencies.map((dependency) => ({ manifest: path, ...dependency })));
  const dependencies = declared.slice(0, MAX_DEPENDENCIES);
  const licences = notable.licences.toSorted(byPath);
  return {
    head: {
      commit: head.commit ?? null,
      branch: head.branch?.slice(0, MAX_BRANCH_LENGTH) ?? null,
      isShallow: head.isShallow,
      objectFormat: head.objectFormat,
    },
    commits: { ...commitsOf(history), byMonth },
    authors: { total: history.authors.size, busFactor: busFactor(commitCounts(history)), top: topAuthors },
    files: summary.files,
    languages: summary.languages,
    churn: { added: history.added, deleted: history.deleted, hotspots: [...summary.hotspots] },
    licences,
    manifests,
    dependencies,
    cut: {
      months: months.length - byMonth.length,
      authors: history.authors.size - topAuthors.length,
      languages: 0,
      hotspots: summary.hotspotsFound - summary.hotspots.length,
      licences: notable.licencesFound - licences.length,
      manifests: notable.manifestsFound - manifests.length,
      dependencies: declared.length - dependencies.length,
    },
  };
}

function commitsOf({ commits, merges, firstAt, lastAt }: History): Omit<RepositoryReport['commits'], 'byMonth'> {
  const ageDays = firstAt === undefined || lastAt === undefined ? 0 : Math.round(((lastAt - firstAt) / SECONDS_A_DAY) * 10) / 10;
  return { total: commits, merges, firstAt: instantOf(firstAt), lastAt: instantOf(lastAt), ageDays };
}

function instantOf(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString();
}

async function authorsByCommits(authors: Iterable<Author>): Promise<RepositoryReport['authors']['top']> {
  const top = new TopList<Author>(MAX_AUTHORS, (a, b) => b.commits - a.commits || (a.name < b.name ? -1 : 1));
  await forEachWithPauses(authors, (author) => top.add(author));
  return top.items.map(({ name, commits }) => ({ name, commits }));
}

function* commitCounts({ authors }: History): Iterable<number> {
  for (const { commits } of authors.values()) yield commits;
}

/** The manifest of the top folder says more than that of a fixture. */
function depth(path: string): number {
  return path.split('/').length;
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1;
}
