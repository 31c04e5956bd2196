import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadJobs } from '../../src/cli/load-jobs.ts';
import { messageOf } from '../../src/contract/errors.ts';
import { newFolder } from './support/command.ts';

const JOBS = "[{ contract: { name: 'greet' }, handler: () => 1 }]";

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = newFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe('a module of jobs', () => {
  it.each([
    ['exports jobs', 'jobs.mjs', `export const jobs = ${JOBS};`],
    ['exports an array as its default', './jobs.mjs', `export default ${JOBS};`],
    ['is CommonJS', 'jobs.cjs', `exports.jobs = ${JOBS};`],
    ['is an installed package', 'my-jobs', `exports.jobs = ${JOBS};`],
  ])('is one that %s', async (_what, specifier, text) => {
    const file = specifier === 'my-jobs' ? 'node_modules/my-jobs/index.js' : specifier;
    const { jobs, workflows } = await loadJobs(specifier, folderWith({ [file]: text }));
    expect(jobs.map(({ contract }) => contract.name)).toEqual(['greet']);
    expect(workflows).toBeUndefined();
  });

  it('is the one of the image, with the job types that come with the package', async () => {
    const { jobs } = await loadJobs('deploy/jobs.mjs', join(import.meta.dirname, '../..'));
    expect(jobs.map(({ contract }) => contract.name)).toEqual([
      'analyse-repositories',
      'analyse-repository',
      'remove-analysis-files',
      'send-notification',
      'deliver-webhook',
      'deliver-email',
    ]);
  });

  it.each([
    ['a URL', "new URL('./flows.mjs', import.meta.url)"],
    ['the text of a URL', "new URL('./flows.mjs', import.meta.url).href"],
    ['a path beside it', "'./flows.mjs'"],
  ])('may name its workflows by %s', async (_what, value) => {
    const folder = folderWith({ 'src/jobs.mjs': `export const jobs = ${JOBS}; export const workflows = ${value};`, 'src/flows.mjs': '' });
    expect((await loadJobs('src/jobs.mjs', folder)).workflows).toBe(join(folder, 'src/flows.mjs'));
  });

  it.each([
    { why: 'there is no such file', specifier: './gone.js', text: '', says: 'there is no file' },
    { why: 'there is no such package', specifier: 'gone-jobs', text: '', says: 'no such package' },
    { why: 'it is a folder', specifier: '.', text: '', says: 'it is a folder' },
    { why: 'it exports nothing', specifier: 'jobs.mjs', text: '', says: 'it has no export "jobs" (it exports nothing)' },
    {
      why: 'it exports something else',
      specifier: 'jobs.mjs',
      text: 'export const work = [];',
      says: 'it has no export "jobs" (it exports "work")',
    },
    {
      why: 'jobs is no array',
      specifier: 'jobs.mjs',
      text: 'export const jobs = {};',
      says: 'its export "jobs" is an object, not an array',
    },
    { why: 'jobs is empty', specifier: 'jobs.mjs', text: 'export const jobs = [];', says: 'its export "jobs" is empty' },
    {
      why: 'a job is something else',
      specifier: 'jobs.mjs',
      text: `export const jobs = [...${JOBS}, () => 1];`,
      says: 'jobs[1] is a function, not what handle(',
    },
    { why: 'it throws', specifier: 'jobs.mjs', text: "throw new Error('no database');", says: 'loading it failed: no database' },
    {
      why: 'it imports what is not there',
      specifier: 'jobs.mjs',
      text: "import './gone.mjs';",
      says: 'loading it failed: Cannot find module',
    },
    {
      why: 'its workflows are no file',
      specifier: 'jobs.mjs',
      text: `export const jobs = ${JOBS}; export const workflows = './gone.mjs';`,
      says: 'There is no file',
    },
    {
      why: 'its workflows are no path',
      specifier: 'jobs.mjs',
      text: `export const jobs = ${JOBS}; export const workflows = 1;`,
      says: 'its export "workflows" is 1',
    },
  ])('is refused when $why', async ({ specifier, text, says }) => {
    const folder = folderWith({ 'jobs.mjs': text });
    const error: unknown = await loadJobs(specifier, folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid-config' });
    expect(messageOf(error)).toContain(says);
  });
});
