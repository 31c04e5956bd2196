/** Inputs that try to reach what they must not, or are larger than an export may be. */
import { appendFileSync, closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { exporter } from '../../../src/activities/export-data/export-data.ts';
import { errorOf } from '../../support/job-error.ts';
import { ExportBench } from './exports.ts';

// A busy machine flushes slowly.
vi.setConfig({ testTimeout: 30_000 });

const bench = new ExportBench();
afterAll(() => bench.remove());

const path = bench.file('fine.csv', 'a,b\n1,2\n');
const source = { type: 'file', path, format: 'csv' } as const;
const GB = 1_000_000_000;

/** A file that takes no room on the disk: what is not written reads as NULs. */
function sparse(name: string, head: string, bytes: number): string {
  const place = join(bench.files, name);
  const file = openSync(place, 'w');
  writeSync(file, head);
  ftruncateSync(file, bytes);
  closeSync(file);
  return place;
}

test.each(['../x', 'a/b', '/etc/passwd', '..', '.hidden', '', 'a\0b', 'x'.repeat(101), 'a b', 'a\\b', '-rf', '%2e%2e'])(
  'refuses the file name %j',
  async (name) => {
    const error = await errorOf(bench.export({ source, format: 'csv', name }));
    expect([error.code, error.message]).toEqual(['invalid-input', expect.stringContaining('Expected name to be 1–100 of')]);
  },
);

test.each(['/etc/passwd', '/proc/self/environ', '/dev/zero', join(bench.root, 'storage'), `${bench.files}/../files-beside`, bench.files])(
  'refuses to read %s, which lies outside of the allowed folders',
  async (outside) => {
    const error = await errorOf(bench.export({ source: { ...source, path: outside }, format: 'csv' }));
    expect([error.code, error.message]).toEqual([
      'source-refused',
      expect.stringContaining('inside a folder whose files this worker may export'),
    ]);
  },
);

test('refuses a link that leads out of the allowed folders, also as a folder on the way', async () => {
  mkdirSync(join(bench.root, 'outside'));
  symlinkSync('/etc/passwd', join(bench.files, 'link.csv'));
  symlinkSync('/etc', join(bench.files, 'etc'));
  for (const name of ['link.csv', 'etc/passwd']) {
    const error = await errorOf(bench.export({ source: { ...source, path: join(bench.files, name) }, format: 'csv' }));
    expect(error.code).toBe('source-refused');
  }
});

test('refuses a path that is not there and a folder', async () => {
  mkdirSync(join(bench.files, 'folder'));
  for (const [name, says] of [
    ['none.csv', 'cannot be read'],
    ['folder', 'to be a file'],
  ] as const) {
    const error = await errorOf(bench.export({ source: { ...source, path: join(bench.files, name) }, format: 'csv' }));
    expect([error.code, error.message]).toEqual(['source-unreadable', expect.stringContaining(says)]);
  }
});

test.each([
  [
    'a URL for a connection',
    { source: { type: 'postgres', connection: 'postgres://root:secret@db/x', sql: 'SELECT 1' } },
    'name of a connection',
  ],
  ['a NUL in a statement', { source: { type: 'postgres', connection: 'shop', sql: 'SELECT 1\0' } }, 'no NUL'],
  ['no statement', { source: { type: 'postgres', connection: 'shop', sql: '  ' } }, 'source.sql'],
  ['a relative path', { source: { ...source, path: 'fine.csv' } }, 'absolute path'],
  ['an unknown source', { source: { type: 'http', url: 'https://example.org' } }, 'source.type'],
  ['an unknown format', { source, format: 'xlsx' }, 'format'],
  ['an unknown key', { source, format: 'csv', shell: 'sh' }, 'shell'],
  ['a time that is too short to be kept', { source, format: 'csv', keepFor: '1s' }, 'at least 1 minute'],
  ['a time that is none', { source, format: 'csv', keepFor: 'soon' }, 'keepFor'],
])('refuses %s', async (_title, input, says) => {
  const error = await errorOf(bench.export({ format: 'csv', ...input } as never));
  expect([error.code, error.message]).toEqual(['invalid-input', expect.stringContaining(says)]);
});

test('a connection that the worker does not have is named, with those it has', async () => {
  const settings = { connections: { shop: { url: 'postgres://x' }, books: { url: 'postgres://y' } } };
  const error = await errorOf(
    bench.export({ source: { type: 'postgres', connection: 'none', sql: 'SELECT 1' }, format: 'csv' }, { settings }),
  );
  expect([error.code, error.message]).toEqual(['source-refused', 'This worker has no connection "none"; it has: shop, books.']);
});

test('a cell of 1 GB in a CSV or NDJSON file ends the export as soon as the limit is passed, in little memory', async () => {
  const before = process.memoryUsage.rss();
  const files = [
    { type: 'file', path: sparse('huge.csv', 'a\n', GB), format: 'csv' },
    { type: 'file', path: sparse('quoted.csv', 'a\n"', GB), format: 'csv' },
    { type: 'file', path: sparse('huge.ndjson', '{"a":"', GB), format: 'ndjson' },
  ] as const;
  for (const huge of files) {
    const error = await errorOf(bench.export({ source: huge, format: 'csv' }));
    expect([error.code, error.details['limit']]).toEqual(['limit-exceeded', 'maxRowBytes']);
  }
  expect((process.memoryUsage.rss() - before) / 1e6).toBeLessThan(300);
});

test.each(['csv', 'ndjson', 'json', 'parquet'] as const)('16 384 columns are exported to %s, one more is refused', async (format) => {
  const names = Array.from({ length: 16_384 }, (_, index) => `c${index}`);
  const text = (columns: readonly string[]): string => `${columns.join(',')}\n${columns.map((_, index) => index).join(',')}\n`;
  const wide = await bench.export({ source: { ...source, path: bench.file('wide.csv', text(names)) }, format });
  expect([wide.result.columns, wide.result.rows, wide.sidecar.columns.at(-1)]).toEqual([16_384, 1, { name: 'c16383', type: 'text' }]);
  expect(format !== 'csv' || wide.text === text(names)).toBe(true);
  const error = await errorOf(bench.export({ source: { ...source, path: bench.file('wider.csv', text([...names, 'more'])) }, format }));
  expect([error.code, error.message]).toEqual(['limit-exceeded', 'The source has more than 16384 columns, the most that are exported.']);
});

test('a NDJSON file in which every line has a key of its own ends at the 16 385th', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `{"k${index}":1}`).join('\n');
  const error = await errorOf(
    bench.export({ source: { type: 'file', path: bench.file('keys.ndjson', lines), format: 'ndjson' }, format: 'csv' }),
  );
  expect(error.code).toBe('limit-exceeded');
});

test('keys that are names of an object prototype are columns like others', async () => {
  const path = bench.file('prototype.ndjson', '{"__proto__":1,"constructor":"x","toString":null}\n');
  const { text } = await bench.export({ source: { type: 'file', path, format: 'ndjson' }, format: 'csv' });
  expect(text).toBe('__proto__,constructor,toString\n1,x,\n');
});

test('a file that changes while it is read fails the attempt, which can be made again', async () => {
  const growing = bench.file('growing.csv', `a\n${'x\n'.repeat(200_000)}`);
  const onProgress = (): void => appendFileSync(growing, 'y\n');
  const error = await errorOf(bench.export({ source: { ...source, path: growing }, format: 'csv' }, { onProgress }));
  expect([error.code, error.retryable]).toEqual(['source-unavailable', true]);
  expect(error.message).toContain('was changed while it was exported');
});

test.each([
  ['a relative folder', { storage: 'exports' }, 'an absolute path'],
  ['a name that no job could use', { storage: '/x', connections: { 'My DB': { url: 'x' } } }, 'the name of a connection'],
  ['a limit that is none', { storage: '/x', maxRowBytes: 0.5 }, 'maxRowBytes'],
])('settings with %s are refused', (_title, settings, says) => {
  expect(() => exporter(settings)).toThrow(says);
});

test('no partial file is left by all these', () => {
  expect(bench.stored().filter((file) => !/\/export\.(?:csv|ndjson|json|parquet)(?:\.meta\.json)?$/.test(file))).toEqual([]);
});
