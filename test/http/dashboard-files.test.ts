/** What the server gives to browsers: the page at every address, its files for ever, and nothing beside them. */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiServer, runApi, startApi } from './support/api-server.ts';

const assets = readdirSync(resolve(import.meta.dirname, '../../dist/dashboard/assets'));
let server: ApiServer;

beforeAll(async () => {
  server = await startApi({ basePath: '/at/"x"' });
});

afterAll(async () => await server.close());

it.each(['/', '/jobs', '/jobs/some%2Fid', '/queues/mail', '/no/such/page'])(
  'gives the page at %s, with where it is mounted, and never from a cache',
  async (path) => {
    const response = await fetch(server.url + path);
    const text = await response.text();
    expect(text).toContain('<base href="/at/&quot;x&quot;/" />');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const [, nonce = ''] = /style-nonce" content="([\w-]{22})"/.exec(text) ?? [];
    expect(response.headers.get('content-security-policy')).toContain(`'nonce-${nonce}'`);
    expect(text).not.toContain('__');
  },
);

it('gives files packed, for ever, and not again', async () => {
  const script = assets.find((name) => name.endsWith('.js')) ?? '';
  const first = await fetch(`${server.url}/assets/${script}`);
  expect(first.headers.get('content-encoding')).toBe('gzip');
  expect(first.headers.get('cache-control')).toContain('immutable');
  expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  const again = await fetch(`${server.url}/assets/${script}`, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
  expect(again.status).toBe(304);
});

it.each([
  '/assets/none.js',
  '/assets/..%2f..%2fpackage.json',
  '/assets/%2e%2e/%2e%2e/server.js',
  '/..%2f..%2fpackage.json',
  '/assets/%00',
  '/%E0%A4%A',
])('gives no other file at %s', async (path) => {
  const response = await fetch(server.url + path);
  const text = await response.text();
  expect(text).not.toContain('"dependencies"');
  expect(text).not.toContain('import ');
  expect([200, 404]).toContain(response.status);
});

it('leaves the routes of the API alone, and other methods', async () => {
  expect((await fetch(`${server.url}/v1/nothing`)).headers.get('content-type')).toBe('application/problem+json');
  expect((await fetch(`${server.url}/jobs`, { method: 'POST' })).status).toBe(404);
});

it('is left out where it is not wanted', async () => {
  const { url } = await runApi({ dashboard: false });
  expect((await fetch(url)).status).toBe(404);
});
