/** What a browser loads before it shows the first page: it is on a phone, too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const folder = resolve(import.meta.dirname, '../../dist/dashboard');
const page = readFileSync(join(folder, 'index.html'), 'utf8');
const first = [...page.matchAll(/(?:src|href)="(?:\.\/)?(?<file>assets\/[^"]+)"/g)].map((match) => match.groups?.['file'] ?? '');

function packed(ending: string): number {
  return first.filter((file) => file.endsWith(ending)).reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0);
}

it('is at most 200 kB of scripts and 25 kB of styles, packed, in at most eight files, from no other host', () => {
  expect(first.some((file) => file.endsWith('.js'))).toBe(true);
  expect(packed('.js')).toBeLessThanOrEqual(200_000);
  expect(packed('.css')).toBeLessThanOrEqual(25_000);
  expect(first.length).toBeLessThanOrEqual(8);
  expect(page).not.toMatch(/https?:\/\//);
});

it('loads what is heavy when it is needed, in pieces of at most 60 kB', () => {
  const later = readdirSync(join(folder, 'assets')).filter((file) => !first.includes(`assets/${file}`));
  expect(later.some((file) => file.startsWith('uPlot'))).toBe(true);
  for (const file of later) expect(gzipSync(readFileSync(join(folder, 'assets', file))).length, file).toBeLessThanOrEqual(60_000);
});
