/**
 * Owns the contract of the job `analyse-repositories` and of its step `analyse-repository`: what a source may look like,
 * the options with their limits, and the shape of a report. Safe to import anywhere, a browser included.
 * Does not know whether a source exists or is allowed on a worker: `src/activities/analyse-repositories/` does.
 */
import { z } from 'zod';
import { defineJob } from '../contract/define-job.ts';
import { show } from '../contract/options.ts';

/** A queue of their own: a worker that has these handlers only must not take the jobs of others. */
const SHIPPED_QUEUE = 'holdfast';
const MAX_REPOSITORIES = 500;
const MAX_SOURCE_LENGTH = 500;
const MAX_NAME_LENGTH = 100;
const MAX_REF_LENGTH = 200;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE_CHARACTERS = /[\u0000-\u0020\u007f\\]/;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;
const ENCODED_CONTROL_CHARACTERS = /%(?:[01][0-9a-f]|7f)/i;
/** What `git check-ref-format` refuses, and a leading dash besides. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNUSABLE_REF = /^[-/.]|[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/[/.]|\.lock(?:\/|$)|[/.]$|^@$/;

/** What is wrong with a source, as a sentence that says what is allowed; undefined when its syntax is fine. */
export function sourceProblem(source: string): string | undefined {
  const problem = source.startsWith('/') ? pathProblem(source) : urlProblem(source);
  if (problem === undefined) return undefined;
  return `Expected source to be an https URL without user, query and fragment, or the absolute path of a local repository, got: ${show(source)}. ${problem}`;
}

function pathProblem(path: string): string | undefined {
  if (CONTROL_CHARACTERS.test(path)) return 'It has control characters.';
  return path.startsWith('//') ? 'A path starts with one slash.' : undefined;
}

function urlProblem(text: string): string | undefined {
  if (!text.startsWith('https://')) return 'Other protocols, relative paths and options of git are not accepted.';
  if (UNSAFE_CHARACTERS.test(text)) return 'It has spaces, backslashes or control characters.';
  if (ENCODED_CONTROL_CHARACTERS.test(text)) return 'It has percent-encoded control characters.';
  if (/[?#]/.test(text)) return 'It has a query or a fragment.';
  const url = parseUrl(text);
  if (url === undefined) return 'It is not a URL.';
  if (text.slice('https://'.length).split('/', 1)[0]?.includes('@') === true) return 'It carries a user or a password.';
  return url.pathname === '/' ? 'It names a host but no repository.' : undefined;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

const source = z
  .string()
  .max(MAX_SOURCE_LENGTH)
  .superRefine((text, context) => {
    const problem = sourceProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
const ref = z
  .string()
  .min(1)
  .max(MAX_REF_LENGTH)
  .refine((text) => !UNUSABLE_REF.test(text), {
    error: 'Expected ref to be the name of a branch or a tag, or a full commit id, such as "main", "v1.2.0" or "refs/heads/main".',
  });
const name = z
  .string()
  .trim()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .refine((text) => !CONTROL_CHARACTERS.test(text), { error: 'Expected name to have no control characters.' });

/** A source, alone or with a ref (default: the repository's HEAD) and a name for people (default: the last part of the source). */
const repository = z
  .union([source, z.strictObject({ source, ref: ref.optional(), name: name.optional() })], {
    error: 'Expected a repository to be a source (text) or an object with source, ref and name.',
  })
  .transform((given) => {
    const { source, ref, name } = typeof given === 'string' ? { source: given } : given;
    return { source, ...(ref === undefined ? {} : { ref }), name: name ?? defaultName(source) };
  });

function defaultName(source: string): string {
  const last = source.split('/').findLast((part) => part !== '') ?? source;
  return (last.replace(/\.git$/, '') || last).slice(0, MAX_NAME_LENGTH);
}

const options = z.strictObject({
  /** Repositories that are analysed at the same time. */
  window: z.int().min(1).max(16).default(4),
  /** Longest time for one attempt at one repository; over it is `limit-exceeded`, which is not tried again. */
  timeLimitMs: z.int().min(100).max(86_400_000).default(600_000),
  /** Largest clone of one repository. Local repositories are read in place and take no disk. */
  maxDiskMb: z.int().min(1).max(1_000_000).default(2048),
  /** Most files in one commit. It bounds the memory that an analysis takes. */
  maxEntries: z.int().min(1).max(5_000_000).default(500_000),
});

const count = z.int().nonnegative();
const instant = z.iso.datetime().nullable();

const dependency = z.strictObject({
  /** Path of the manifest that declares it. */
  manifest: z.string(),
  name: z.string(),
  /** Version or range as declared, `^4.1.0`. Absent: any version, or one that another file decides. */
  version: z.string().optional(),
  kind: z.enum(['runtime', 'development', 'optional', 'peer', 'build', 'indirect']),
});

/**
 * What was found in one repository at one commit. The same commit always gives the same report. Lists start with what
 * matters most (months: in order of time) and are cut to fit a budget of bytes: `cut` says how many entries are not shown.
 */
export const repositoryReport = z.strictObject({
  head: z.strictObject({
    /** Commit that was analysed. Null: the repository has no commits yet. */
    commit: z.string().nullable(),
    /** Branch that HEAD is on. Null: HEAD is detached, or another ref was asked for. */
    branch: z.string().nullable(),
    /** The history ends early: counts are those of the commits that are there. */
    isShallow: z.boolean(),
    objectFormat: z.string(),
  }),
  commits: z.strictObject({
    /** Equal to `git rev-list --count`, merges included. */
    total: count,
    merges: count,
    /** Earliest and latest author date. */
    firstAt: instant,
    lastAt: instant,
    /** Days from the first to the last commit. Not up to today: the report would change each day. */
    ageDays: z.number().nonnegative(),
    /** Commits by month (UTC, `YYYY-MM`) of the author date; months without commits are left out. */
    byMonth: z.array(z.strictObject({ month: z.string(), commits: count })),
  }),
  authors: z.strictObject({
    /** Distinct author e-mail addresses after the mailmap. */
    total: count,
    /** Smallest number of authors who made at least half of the commits: CHAOSS's Contributor Absence Factor. */
    busFactor: count,
    top: z.array(z.strictObject({ name: z.string(), commits: count })),
  }),
  files: z.strictObject({
    /** Files and symbolic links. Submodules are counted apart: `git ls-tree -r` lists both. */
    total: count,
    symlinks: count,
    submodules: count,
    binary: count,
    /** Missing in the repository: their lines are not counted. */
    unread: count,
    /** Lockfiles, vendored and generated files among those whose lines are counted: work of others, or of a program. */
    unwritten: count,
    bytes: count,
    lines: count,
  }),
  /** All text files, by lines; `Other` when the name says nothing. `unwritten`: lines of the unwritten files among them. */
  languages: z.array(z.strictObject({ language: z.string(), files: count, lines: count, unwritten: count, bytes: count })),
  churn: z.strictObject({
    /** Lines added and deleted over the whole history, merges left out. */
    added: count,
    deleted: count,
    /** Code that changes most: by commits × lines. Unwritten files are left out. */
    hotspots: z.array(z.strictObject({ path: z.string(), commits: count, added: count, deleted: count, lines: count })),
  }),
  /** Licence files of the top folder with their SPDX id, or `unknown`. */
  licences: z.array(z.strictObject({ path: z.string(), spdx: z.string() })),
  /** Dependency manifests with the number of direct dependencies; `error` when one could not be read. */
  manifests: z.array(z.strictObject({ path: z.string(), ecosystem: z.string(), dependencies: count, error: z.string().optional() })),
  /** The direct dependencies themselves, in the order of the manifests; names as the manifest writes them. */
  dependencies: z.array(dependency),
  cut: z.strictObject({
    months: count,
    authors: count,
    languages: count,
    hotspots: count,
    licences: count,
    manifests: count,
    dependencies: count,
  }),
});

export type RepositoryReport = z.infer<typeof repositoryReport>;

const repositoryResult = z.strictObject({
  source: z.string(),
  name: z.string(),
  status: z.enum(['completed', 'failed', 'cancelled']),
  attempts: count,
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  report: repositoryReport.optional(),
});

export type RepositoryResult = z.infer<typeof repositoryResult>;

/** One repository of `analyse-repositories`. Give it a timeout over `options.timeLimitMs`, so that the limit speaks first. */
export const analyseRepository = defineJob({
  name: 'analyse-repository',
  queue: SHIPPED_QUEUE,
  input: z.strictObject({
    repository,
    options: options.prefault({}),
    /** Largest report, in bytes of JSON. */
    detailBytes: z.int().min(1500).max(1_000_000).default(100_000),
  }),
  output: repositoryReport,
  retry: { maxAttempts: 3, initialInterval: '2s' },
  timeout: '15m',
});

/** Last step of `analyse-repositories`: removes what attempts of killed workers left on the disk of the worker that runs it. */
export const removeAnalysisFiles = defineJob({
  name: 'remove-analysis-files',
  queue: SHIPPED_QUEUE,
  input: z.strictObject({ jobId: z.string() }),
  timeout: '5m',
});

/**
 * Commits, authors, languages, churn, licences and dependency manifests of 1–500 git repositories. A repository that
 * fails does not fail the job: its status, attempts and error are in the result.
 */
export const analyseRepositories = defineJob({
  name: 'analyse-repositories',
  queue: SHIPPED_QUEUE,
  steps: true,
  input: z.strictObject({
    repositories: z.array(repository).min(1).max(MAX_REPOSITORIES).superRefine(checkUnique),
    options: options.prefault({}),
  }),
  output: z.strictObject({
    repositories: z.array(repositoryResult),
    totals: z.strictObject({
      repositories: count,
      completed: count,
      failed: count,
      cancelled: count,
      commits: count,
      files: count,
      lines: count,
    }),
  }),
});

function checkUnique(repositories: readonly { readonly source: string; readonly ref?: string }[], context: z.RefinementCtx): void {
  const seen = new Map<string, number>();
  for (const [index, { source, ref }] of repositories.entries()) {
    const key = JSON.stringify([source, ref]);
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, index);
    else
      context.addIssue({
        code: 'custom',
        path: [index],
        message: `Expected each source and ref once, got the same as in repositories.${earlier}.`,
      });
  }
}
