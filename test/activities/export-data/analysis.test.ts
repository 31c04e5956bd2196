/** The result of an analysis as rows. The jobs themselves are exported in `test/workflow/export-data.test.ts`. */
import { afterAll, expect, test } from 'vitest';
import type { JobOutcome } from '../../../src/activities/handle.ts';
import type { ANALYSIS_TABLES } from '../../../src/jobs/export-data.ts';
import { errorOf } from '../../support/job-error.ts';
import { ExportBench } from './exports.ts';

const bench = new ExportBench();
afterAll(() => bench.remove());

const report = {
  head: { commit: 'abc', branch: null },
  commits: { total: 3, byMonth: [{ month: '2026-01', commits: 3 }] },
  authors: {
    total: 2,
    busFactor: 1,
    top: [
      { name: '=Ann', commits: 2 },
      { name: 'Bo', commits: 1 },
    ],
  },
  languages: [{ language: 'C', files: 1, lines: 2, bytes: 3 }],
  churn: { added: 9, hotspots: [{ path: 'a.c', commits: 2 }] },
  licences: [{ path: 'LICENSE', spdx: 'MIT' }],
  manifests: [{ path: 'package.json', ecosystem: 'npm', dependencies: 4 }],
  dependencies: [{ name: 'ms', version: '2.1.3' }],
};
const repositories = [
  { source: '/one', name: 'one', status: 'completed', attempts: 1, report },
  { source: '/two', name: 'two', status: 'failed', attempts: 3, error: { code: 'source-unreadable', message: 'No git.' } },
];
const completed: JobOutcome = { type: 'analyse-repositories', status: 'completed', output: { repositories, totals: {} } };

async function table(name: (typeof ANALYSIS_TABLES)[number], outcome: JobOutcome | undefined = completed): Promise<string> {
  const source = { type: 'analysis', jobId: 'analysis-1', table: name } as const;
  const { text } = await bench.export({ source, format: 'csv' }, { outcomeOf: (id) => (id === 'analysis-1' ? outcome : undefined) });
  return text;
}

test('repositories: each single figure is a column, and so is why one failed', async () => {
  expect(await table('repositories')).toBe(
    [
      'source,name,status,attempts,head.commit,head.branch,commits.total,authors.total,authors.busFactor,churn.added,error.code,error.message',
      '/one,one,completed,1,abc,,3,2,1,9,,',
      '/two,two,failed,3,,,,,,,source-unreadable,No git.',
      '',
    ].join('\n'),
  );
});

test.each([
  ['authors', 'source,repository,name,commits\n/one,one,"\'=Ann",2\n/one,one,Bo,1\n'],
  ['languages', 'source,repository,language,files,lines,bytes\n/one,one,C,1,2,3\n'],
  ['hotspots', 'source,repository,path,commits\n/one,one,a.c,2\n'],
  ['months', 'source,repository,month,commits\n/one,one,2026-01,3\n'],
  ['licences', 'source,repository,path,spdx\n/one,one,LICENSE,MIT\n'],
  ['dependencies', 'source,repository,name,version\n/one,one,ms,2.1.3\n'],
  ['manifests', 'source,repository,path,ecosystem,dependencies\n/one,one,package.json,npm,4\n'],
] as const)('%s: a row for each entry', async (name, expected) => {
  expect(await table(name)).toBe(expected);
});

test.each<[title: string, outcome: JobOutcome | undefined, says: string]>([
  ['a job of another type', { ...completed, type: 'send-email' }, 'got one of the type send-email that is completed'],
  ['one that is not done', { ...completed, status: 'open' }, 'got one of the type analyse-repositories that is open'],
  ['one without entries', { ...completed, output: { repositories: [] } }, 'has no authors'],
])('refuses %s', async (_title, outcome, says) => {
  const error = await errorOf(table('authors', outcome));
  expect([error.code, error.message]).toEqual(['source-unreadable', expect.stringContaining(says)]);
});

test('refuses a job that is not there', async () => {
  const source = { type: 'analysis', jobId: 'none' } as const;
  const error = await errorOf(bench.export({ source, format: 'csv' }));
  expect([error.code, error.message]).toEqual(['source-unreadable', 'No job has the id "none".']);
});
