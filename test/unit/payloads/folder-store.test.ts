import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FolderStore } from '../../../src/payloads/folder-store.ts';
import type { StoredJob } from '../../../src/payloads/payload-store.ts';

const body = Buffer.from(JSON.stringify({ text: 'ünïcode'.repeat(1000) }));

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'payloads');
}

function storeIn(folder: string, owner = 'namespace-1'): FolderStore {
  return new FolderStore(folder, () => Promise.resolve(owner));
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function all(store: FolderStore): Promise<StoredJob[]> {
  const jobs: StoredJob[] = [];
  for await (const job of store.jobs()) jobs.push(job);
  return jobs;
}

describe('the payload folder', () => {
  test('gives back what was put, to another process as well', async () => {
    const folder = await ownFolder();
    const stored = await storeIn(folder).put('job/1 – "odd"\n', body);
    expect(stored).toEqual({
      id: expect.stringMatching(/^namespace-1\/[0-9a-f]{40}\/[0-9a-f]{64}$/) as string,
      bytes: body.length,
      sha256: stored.sha256,
    });
    expect(Buffer.from(await storeIn(folder).get(stored))).toEqual(body);
    expect(await all(storeIn(folder))).toEqual([
      { job: 'job/1 – "odd"\n', values: [{ id: stored.id, writtenMs: expect.any(Number) as number }] },
    ]);
  });

  test('keeps what its job names, and the first of one name for good', async () => {
    const folder = await ownFolder();
    const store = storeIn(folder);
    const put = await Promise.all(
      ['one', 'other'].map(async (text) => await store.putNamed('j', 'results-1-0', Buffer.from(`7\n${text}`))),
    );
    expect(put.filter(Boolean)).toHaveLength(1);
    const first = put[0] === true ? 'one' : 'other';
    expect(String(Buffer.from((await storeIn(folder).getNamed('j', 'results-1-0')) ?? []))).toBe(`7\n${first}`);
    expect(await store.firstLine('j', 'results-1-0')).toBe('7');
    await store.put('j', body);
    expect(await store.names('j')).toEqual(['results-1-0']);
    expect([await store.getNamed('j', 'results-1-1'), await store.firstLine('j', 'a-1'), await store.names('k')]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    expect(await filesIn(folder)).toHaveLength(2);
    await store.delete('j', ['results-1-0']);
    expect(await store.names('j')).toEqual([]);
    await expect(store.putNamed('j', '../up-1', body)).rejects.toThrow('No name of a stored value');
  });

  test('says that a named value is damaged', async () => {
    const folder = await ownFolder();
    const store = storeIn(folder);
    await store.putNamed('j', 'inputs-0', body);
    const [file = ''] = await filesIn(folder);
    await writeFile(file, (await readFile(file, 'utf8')).replace('ünïcode', 'ünïcodE'));
    await expect(store.getNamed('j', 'inputs-0')).rejects.toMatchObject({
      code: 'payload-missing',
      message: expect.stringContaining('is damaged') as string,
    });
  });

  test('makes values of a job young again', async () => {
    const folder = await ownFolder();
    const store = storeIn(folder);
    await store.putNamed('j', 'inputs-0', body);
    const [file = ''] = await filesIn(folder);
    await utimes(file, new Date(0), new Date(0));
    await store.refresh('j');
    expect((await stat(file)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  test('is for its owner alone, whatever the umask', async () => {
    const folder = await ownFolder();
    const { id } = await storeIn(folder).put('j', body);
    const modes = await Promise.all([folder, dirname(join(folder, id)), join(folder, id)].map(async (path) => (await stat(path)).mode));
    expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['700', '700', '600']);
  });

  test('has one file for the same value, however often and by how many it is written at the same time', async () => {
    const folder = await ownFolder();
    const [one, other] = [storeIn(folder), storeIn(folder)];
    const puts = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other).put('j', body)));
    expect(new Set(puts.map(({ id }) => id)).size).toBe(1);
    expect(await filesIn(folder)).toHaveLength(1);
    expect(Buffer.from(await one.get(puts[0] ?? (await one.put('j', body))))).toEqual(body);
  });

  test('keeps the values of each job apart, and removes those of one', async () => {
    const store = storeIn(await ownFolder());
    const [one, more, other] = [await store.put('one', body), await store.put('one', Buffer.from('2')), await store.put('other', body)];
    await store.delete('one');
    await store.delete('one');
    await expect(store.get(one)).rejects.toMatchObject({ code: 'payload-missing' });
    await expect(store.get(more)).rejects.toMatchObject({ code: 'payload-missing' });
    expect(Buffer.from(await store.get(other))).toEqual(body);
    expect(await store.stat('one')).toBeUndefined();
    expect((await all(store)).map(({ job }) => job)).toEqual(['other']);
  });

  test('keeps the jobs of each namespace apart', async () => {
    const folder = await ownFolder();
    const [one, other] = [storeIn(folder), storeIn(folder, 'namespace-2')];
    const stored = await one.put('j', body);
    await other.delete('j');
    expect(await all(other)).toEqual([]);
    expect(Buffer.from(await one.get(stored))).toEqual(body);
  });

  test('removes single values of a job, and its folder with the last one', async () => {
    const folder = await ownFolder();
    const store = storeIn(folder);
    const [one, other] = [await store.put('j', body), await store.put('j', Buffer.from('2'))];
    await store.delete('j', [one.id]);
    await expect(store.get(one)).rejects.toMatchObject({ code: 'payload-missing' });
    expect((await store.stat('j'))?.values.map(({ id }) => id)).toEqual([other.id]);
    await store.delete('j', [one.id, other.id]);
    expect(await readdir(join(folder, 'namespace-1'))).toEqual([]);
  });

  test('tells when each value was written; writing it again counts', async () => {
    const folder = await ownFolder();
    const store = storeIn(folder);
    const { id } = await store.put('j', body);
    await utimes(join(folder, id), new Date(0), new Date(5000));
    expect(await store.stat('j')).toEqual({ job: 'j', values: [{ id, writtenMs: 5000 }] });
    await store.put('j', body);
    expect((await store.stat('j'))?.values[0]?.writtenMs).toBeGreaterThan(Date.now() - 60_000);
  });

  test('a writer that was killed leaves no half value, and does not hinder the next', async () => {
    const folder = await ownFolder();
    const store = storeIn(folder);
    const stored = await store.put('j', body);
    const path = join(folder, stored.id);
    const whole = await readFile(path);
    await rm(path);
    await writeFile(`${path}.${randomUUID()}.tmp`, whole.subarray(0, whole.length / 2));
    await expect(store.get(stored)).rejects.toMatchObject({
      code: 'payload-missing',
      message: expect.stringContaining('is not there') as string,
    });
    expect(await store.put('j', body)).toEqual(stored);
    expect(Buffer.from(await store.get(stored))).toEqual(body);
    expect((await all(store)).map(({ job }) => job)).toEqual(['j']);
    await store.delete('j');
    expect(await filesIn(folder)).toEqual([]);
  });

  test.each([
    ['cut off', (path: string) => truncate(path, 500)],
    ['changed', async (path: string) => await writeFile(path, (await readFile(path, 'latin1')).replace('text', 'next'), 'latin1')],
    ['emptied', (path: string) => truncate(path, 0)],
  ])('says that a value was %s', async (_how, damage) => {
    const folder = await ownFolder();
    const store = storeIn(folder);
    const stored = await store.put('j', body);
    await damage(join(folder, stored.id));
    await expect(store.get(stored)).rejects.toMatchObject({
      code: 'payload-missing',
      message: `The stored value ${stored.id} is damaged (payload folder ${folder}).`,
      details: { id: stored.id, folder },
    });
  });

  test.each([['../../etc/passwd'], ['/etc/passwd'], [''], ['namespace-1/../x']])('reads nothing but values: not %j', async (id) => {
    const store = storeIn(await ownFolder());
    await expect(store.get({ id, bytes: 1, sha256: '' })).rejects.toMatchObject({ code: 'payload-missing' });
  });

  test('that cannot be written says so, and that trying again can help', async () => {
    const folder = await ownFolder();
    await mkdir(dirname(folder), { recursive: true });
    await writeFile(folder, 'a file');
    await expect(storeIn(folder).put('j', body)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`The payload folder ${folder} cannot be written: `) as string,
    });
  });

  test('that cannot be read now is not one whose values are gone', async (context) => {
    if (process.getuid?.() === 0) context.skip('root may read everything');
    const folder = await ownFolder();
    const store = storeIn(folder);
    const stored = await store.put('j', body);
    await chmod(join(folder, stored.id), 0o000);
    await expect(store.get(stored)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('that is not there has no jobs', async () => {
    expect(await all(storeIn(await ownFolder()))).toEqual([]);
  });
});
