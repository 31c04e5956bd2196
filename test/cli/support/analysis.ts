/** Owns snapshots and results of `analyse-repositories` for tests of how they look. */
import type { AnalysisOutput } from '../../../src/cli/result-table.ts';
import type { JobSnapshot, StepSnapshot } from '../../../src/contract/snapshot.ts';
import type { RepositoryReport, RepositoryResult } from '../../../src/jobs/analyse-repositories.ts';

export const ADDED_AT = Date.UTC(2026, 0, 1);

export function snapshot(parts: Partial<JobSnapshot> = {}): JobSnapshot {
  return {
    id: '01a21003-bdb1-731a-a519-fbfedad05d14',
    runId: 'run',
    run: 1,
    type: 'analyse-repositories',
    queue: 'dev-1',
    status: 'processing',
    priority: 'normal',
    tags: [],
    addedAt: new Date(ADDED_AT).toISOString(),
    maxAttempts: 3,
    attempt: 1,
    progress: { percent: 47.9, message: '2 of 5 repositories done' },
    version: 1,
    waitingFor: null,
    eta: null,
    attempts: [],
    steps: [],
    ...parts,
  };
}

export function step(label: string, parts: Partial<StepSnapshot> = {}): StepSnapshot {
  return { id: `step-${label}`, type: 'analyse-repository', label, status: 'processing', attempt: 1, progress: { percent: 0 }, ...parts };
}

export function completed(name: string, parts: Partial<RepositoryReport> = {}): RepositoryResult {
  return { source: `https://host.example/${name}`, name, status: 'completed', attempts: 1, report: { ...REPORT, ...parts } };
}

export function failed(name: string, message: string, attempts = 3): RepositoryResult {
  return { source: `/srv/${name}`, name, status: 'failed', attempts, error: { code: 'source-unavailable', message } };
}

export function output(...repositories: readonly RepositoryResult[]): AnalysisOutput {
  const count = (status: string): number => repositories.filter((each) => each.status === status).length;
  return {
    repositories: [...repositories],
    totals: {
      repositories: repositories.length,
      completed: count('completed'),
      failed: count('failed'),
      cancelled: 0,
      commits: 2704,
      files: 486,
      lines: 78_901,
    },
  };
}

const REPORT: RepositoryReport = {
  head: { commit: 'a'.repeat(40), branch: 'main', isShallow: false, objectFormat: 'sha1' },
  commits: { total: 2704, merges: 3, firstAt: '2022-01-01T00:00:00.000Z', lastAt: '2025-11-20T10:00:00.000Z', ageDays: 1419, byMonth: [] },
  authors: { total: 212, busFactor: 3, top: [] },
  files: { total: 486, symlinks: 0, submodules: 0, binary: 1, unread: 0, unwritten: 0, bytes: 1_000_000, lines: 78_901 },
  languages: [
    { language: 'TypeScript', files: 400, lines: 70_000, unwritten: 0, bytes: 900_000 },
    { language: 'CSS', files: 3, lines: 800, unwritten: 0, bytes: 9000 },
    { language: 'Other', files: 3, lines: 8, unwritten: 0, bytes: 90 },
  ],
  churn: { added: 1, deleted: 1, hotspots: [{ path: 'src/context.ts', commits: 9, added: 9, deleted: 9, lines: 9 }] },
  licences: [{ path: 'LICENSE', spdx: 'MIT' }],
  manifests: [{ path: 'package.json', ecosystem: 'npm', dependencies: 31 }],
  dependencies: [],
  cut: { months: 0, authors: 0, languages: 0, hotspots: 0, licences: 0, manifests: 0, dependencies: 0 },
};
