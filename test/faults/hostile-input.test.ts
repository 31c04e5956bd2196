/** Input that wants to do harm, through the whole system: a clear error each, and nothing left behind. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobClient } from '../../src/client.ts';
import { analyseRepositories } from '../../src/jobs/analyse-repositories.ts';
import { addTreeBomb, makeRepository, manyCommits } from '../activities/analyse-repositories/made-repositories.ts';
import { ownClient, ownFolder, ownServer, startWorkerProcess } from './support/processes.ts';

/** What a caller without types can send; `says` is in the error. */
interface Hostile {
  readonly what: string;
  readonly input: unknown;
  readonly options?: object;
  readonly code: string;
  readonly says: RegExp;
}

const TITLE_BYTES = 2 * 1024 * 1024;
const source = (text: unknown): unknown => ({ repositories: [text] });

const refusedAtAdd: readonly Hostile[] = [
  {
    what: 'a remote helper',
    input: source('ext::sh -c "touch /tmp/owned"'),
    code: 'invalid-input',
    says: /https URL .* or the absolute path/,
  },
  {
    what: 'an option of git',
    input: source('--upload-pack=touch /tmp/owned'),
    code: 'invalid-input',
    says: /https URL .* or the absolute path/,
  },
  { what: 'a file URL', input: source('file:///etc'), code: 'invalid-input', says: /Other protocols/ },
  { what: 'ssh', input: source('ssh://git@example.org/a.git'), code: 'invalid-input', says: /Other protocols/ },
  { what: 'credentials', input: source('https://user:secret@example.org/a.git'), code: 'invalid-input', says: /user or a password/ },
  {
    what: 'a title of 2 MB',
    input: { repositories: [{ source: '/tmp/a', name: 'x'.repeat(TITLE_BYTES) }] },
    code: 'payload-too-large',
    says: /at most 1900000/,
  },
  { what: 'wrong types', input: { repositories: 'all of them' }, code: 'invalid-input', says: /expected array/ },
  { what: 'no repositories', input: { repositories: [] }, code: 'invalid-input', says: /repositories/ },
  { what: 'unknown keys', input: { repositories: ['/tmp/a'], shell: 'sh' }, code: 'invalid-input', says: /shell/ },
  { what: 'undefined', input: undefined, code: 'invalid-input', says: /expected object/ },
  { what: 'a bigint', input: source(1n), code: 'invalid-input', says: /BigInt/ },
  {
    what: 'a delay that is not a number',
    input: source('/tmp/a'),
    options: { delay: Number.NaN },
    code: 'invalid-options',
    says: /delay .* got: NaN/,
  },
  {
    what: 'an unknown option',
    input: source('/tmp/a'),
    options: { prioritty: 'high' },
    code: 'invalid-options',
    says: /"prioritty".*Known are/,
  },
];

describe('hostile input', () => {
  test('each is refused with a clear error, the worker goes on, and no file of it is left in the job folder or TMPDIR', async () => {
    const root = await ownFolder();
    const workDir = await newFolder(root, 'work');
    const tmpDir = await newFolder(root, 'tmp');
    const repositories = await newFolder(root, 'repositories');
    const good = makeRepository(join(repositories, 'good'), manyCommits(20));
    const bomb = makeRepository(join(repositories, 'bomb'), []);
    addTreeBomb(bomb, 10);
    const server = await ownServer();
    const client = await ownClient(server);
    const settings = { workDir, allowedRoots: [repositories], analysisLog: join(root, 'analyses.log') };
    await startWorkerProcess({ address: server.address, analysis: settings, tmpDir });

    for (const hostile of refusedAtAdd) await expectRefusal(client, hostile);
    const atTheWorker = await client.add(analyseRepositories, { repositories: [bomb, '/etc', join(repositories, '..', 'tmp'), good] });
    const { repositories: results } = await atTheWorker.result();

    expect(results.map(({ name, status, error }) => ({ name, status, code: error?.code }))).toEqual([
      { name: 'bomb', status: 'failed', code: 'limit-exceeded' },
      { name: 'etc', status: 'failed', code: 'source-refused' },
      { name: 'tmp', status: 'failed', code: 'source-refused' },
      { name: 'good', status: 'completed', code: undefined },
    ]);
    expect(results[0]?.error?.message).toMatch(/maxEntries|entries|files/);
    // For the next analysis of the good one, what was read of it is kept.
    expect(await readdir(workDir, { recursive: true })).toEqual(['cache', expect.stringMatching(/^cache\/\w+\.findings$/) as string]);
    expect(await readdir(tmpDir)).toEqual([]);
    expect((await client.list({})).jobs).toHaveLength(1);
  });
});

async function newFolder(root: string, name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  return folder;
}

/** Adds as a caller without types would. */
async function expectRefusal(client: JobClient, { what, input, options, code, says }: Hostile): Promise<void> {
  const add = client.add.bind(client) as (contract: unknown, input: unknown, options?: unknown) => Promise<unknown>;
  const error: unknown = await add(analyseRepositories, input, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, what).toMatchObject({ name: 'JobError', code, message: expect.stringMatching(says) as unknown });
}
