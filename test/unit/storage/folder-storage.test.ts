import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FolderStorage } from '../../../src/storage/folder-storage.ts';
import type { StoredFile } from '../../../src/storage/storage.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-storage-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let storages = 0;

/** A storage of the test's own, and its folder. */
function ownStorage(): { storage: FolderStorage; folder: string } {
  storages += 1;
  const folder = join(root, `storage-${storages}`, 'deep');
  return { storage: new FolderStorage(folder), folder };
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of content) text += Buffer.from(piece).toString();
  return text;
}

async function keysIn(storage: FolderStorage, prefix = ''): Promise<string[]> {
  const files: StoredFile[] = [];
  for await (const file of storage.list(prefix)) files.push(file);
  return files.map(({ key, isDraft }) => `${key}${isDraft ? ' (draft)' : ''}`).toSorted();
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('what was put is got, told of, listed, replaced and deleted', async () => {
  const { storage, folder } = ownStorage();
  expect(await storage.put('a/b/c.txt', pieces('one', 'two'))).toEqual({ bytes: 6, sha256: sha256('onetwo') });
  expect(await textOf(storage.get('a/b/c.txt'))).toBe('onetwo');
  expect(await storage.stat('a/b/c.txt')).toMatchObject({ key: 'a/b/c.txt', bytes: 6, isDraft: false });
  await storage.put('a/b/c.txt', pieces('three'));
  await storage.put('a/d', pieces());
  expect(await textOf(storage.get('a/b/c.txt'))).toBe('three');
  expect([await keysIn(storage), await keysIn(storage, 'a/b'), await keysIn(storage, 'none')]).toEqual([
    ['a/b/c.txt', 'a/d'],
    ['a/b/c.txt'],
    [],
  ]);
  await storage.delete('a/b/c.txt');
  await storage.delete('a/b/c.txt');
  expect([await storage.stat('a/b/c.txt'), readdirSync(join(folder, 'a'))]).toEqual([undefined, ['d']]);
  await storage.delete('a/d');
  expect(readdirSync(folder)).toEqual([]);
});

test('files are for their owner only', async () => {
  const { storage, folder } = ownStorage();
  await storage.put('a/b', pieces('x'));
  expect([statSync(join(folder, 'a/b')).mode & 0o777, statSync(join(folder, 'a')).mode & 0o777]).toEqual([0o600, 0o700]);
});

test('content that breaks off leaves nothing, and an earlier file as it was', async () => {
  const { storage, folder } = ownStorage();
  await storage.put('a/b', pieces('whole'));
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* pieces('half');
    throw new Error('broken off');
  }
  await expect(storage.put('a/b', broken())).rejects.toThrow('broken off');
  await expect(storage.put('c/d', broken())).rejects.toThrow('broken off');
  expect([readFileSync(join(folder, 'a/b'), 'utf8'), await keysIn(storage), readdirSync(folder)]).toEqual(['whole', ['a/b'], ['a']]);
});

test('content that is not the one expected is not kept', async () => {
  const { storage } = ownStorage();
  await storage.put('a', pieces('right'), sha256('right'));
  await expect(storage.put('a', pieces('wrong'), sha256('right'))).rejects.toMatchObject({ code: 'conflict' });
  expect([await textOf(storage.get('a')), await keysIn(storage)]).toEqual(['right', ['a']]);
});

test('a file that is being written is a draft until it is whole; one that was left behind can be deleted', async () => {
  const { storage, folder } = ownStorage();
  const listed: string[][] = [];
  async function* watched(): AsyncGenerator<Uint8Array> {
    yield* pieces('x');
    listed.push((await keysIn(storage)).map((key) => key.replace(/\.[0-9a-f-]{36}\./, '.ID.')));
  }
  await storage.put('a/b', watched());
  expect(listed).toEqual([['a/b.ID.draft (draft)']]);
  writeFileSync(join(folder, 'a', 'b.left.draft'), 'half');
  expect(await storage.stat('a/b.left.draft')).toBeUndefined();
  await storage.delete('a/b.left.draft');
  expect(await keysIn(storage)).toEqual(['a/b']);
});

test.each([
  '',
  '/',
  '/etc/passwd',
  '..',
  '../x',
  'a/../b',
  'a//b',
  'a/',
  '.hidden',
  'a\\b',
  'a\0',
  'a b',
  'é',
  'x'.repeat(251),
  Array.from({ length: 11 }, () => 'a').join('/'),
])('the key %j is refused by every method', async (key) => {
  const { storage } = ownStorage();
  const refused = { code: 'invalid-options' };
  await expect(storage.put(key, pieces('x'))).rejects.toMatchObject(refused);
  await expect(textOf(storage.get(key))).rejects.toMatchObject(refused);
  await expect(storage.stat(key)).rejects.toMatchObject(refused);
  await expect(storage.delete(key)).rejects.toMatchObject(refused);
  await expect(key === '' ? Promise.reject(Object.assign(new Error('all'), refused)) : keysIn(storage, key)).rejects.toMatchObject(refused);
});

test('a key without a file is not found', async () => {
  const { storage } = ownStorage();
  await expect(textOf(storage.get('a/b'))).rejects.toMatchObject({ code: 'not-found', message: 'The storage has no file "a/b".' });
  expect(await storage.stat('a')).toBeUndefined();
});

test('a folder that cannot be used is unavailable, which can be tried again', async () => {
  const { storage, folder } = ownStorage();
  mkdirSync(join(folder, '..'), { recursive: true });
  writeFileSync(folder, 'a file where the folder should be');
  await expect(storage.put('a', pieces('x'))).rejects.toMatchObject({ code: 'unavailable', retryable: true });
});
