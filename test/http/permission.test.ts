/** Who may call what: every route beside every kind of caller, made from the contract of the routes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isAllowed, type Role } from '../../src/api/roles.ts';
import type { RouteName } from '../../src/api/routes.ts';
import { routes } from '../../src/api/routes.ts';
import { defineJob } from '../../src/contract/index.ts';
import { eventually, ownQueue } from '../support/jobs.ts';
import { type ApiServer, startApi } from './support/api-server.ts';

const contract = defineJob({ name: 'of-acme', input: z.object({}), queue: ownQueue() });
const CALLERS = [
  'nobody',
  'a wrong key',
  'an expired key',
  'a revoked key',
  'viewer',
  'operator',
  'admin',
  'its own tenant',
  'another tenant',
] as const;
type Caller = (typeof CALLERS)[number];
type Stated = 'let in' | 401 | 403 | 404;

let server: ApiServer;
let jobId: string;
let keys: Readonly<Record<Caller, string | undefined>>;

beforeAll(async () => {
  server = await startApi({ contracts: [contract] });
  const { api } = server;
  const expired = await api.access.keys.create({ name: 'old', role: 'admin', expiresIn: 1 });
  const revoked = await api.access.keys.create({ name: 'lost', role: 'admin' });
  await api.access.keys.revoke(revoked.record.id);
  const acme = await server.keyOf('acme', 'admin');
  keys = {
    nobody: undefined,
    'a wrong key': `${server.keys.admin.slice(0, -1)}${server.keys.admin.endsWith('a') ? 'b' : 'a'}`,
    'an expired key': expired.key,
    'a revoked key': revoked.key,
    ...server.keys,
    'its own tenant': acme,
    'another tenant': await server.keyOf('globex', 'admin'),
  };
  ({ id: jobId } = await server.client(acme).call('addJob', { body: { type: contract.name, input: {}, options: { delay: '1h' } } }));
});

afterAll(async () => {
  await server.client().call('cancelJob', { params: { id: jobId }, body: {} });
  await server.close();
});

const ROLE_OF: Partial<Record<Caller, Role>> = {
  viewer: 'viewer',
  operator: 'operator',
  admin: 'admin',
  'its own tenant': 'admin',
  'another tenant': 'admin',
};

/** What the contract states. */
function statedFor(name: RouteName, caller: Caller): Stated {
  const { role, isForTenants, path } = routes[name];
  if (role === 'anyone') return 'let in';
  const own = ROLE_OF[caller];
  if (own === undefined) return 401;
  if (!isAllowed(own, role)) return 403;
  if (!caller.endsWith('tenant')) return 'let in';
  if (!isForTenants) return 403;
  return caller === 'another tenant' && path.startsWith('/v1/jobs/{id}') ? 404 : 'let in';
}

/** The status of a request that says no more than it has to. */
async function call(name: RouteName, caller: Caller): Promise<{ readonly status: number; readonly code: string | undefined }> {
  const { method, path } = routes[name];
  const values: Readonly<Record<string, string>> = {
    id: path.startsWith('/v1/jobs') ? jobId : 'none',
    type: contract.name,
    queue: contract.queue,
    token: 'none',
  };
  const url = server.url + path.replaceAll(/\{(\w+)\}/g, (_all, key: string) => encodeURIComponent(values[key] ?? ''));
  const stop = new AbortController();
  const key = keys[caller];
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    },
    ...(method === 'POST' ? { body: '{}' } : {}),
    signal: stop.signal,
  });
  const isProblem = response.headers.get('content-type') === 'application/problem+json';
  const code = isProblem ? ((await response.json()) as { code: string }).code : undefined;
  stop.abort();
  return { status: response.status, code };
}

/** A route that lets a caller in may find fault with what was sent, and not with who sent it. */
function isAsStated(name: RouteName, caller: Caller, { status, code }: { status: number; code: string | undefined }): boolean {
  const stated = statedFor(name, caller);
  const { role, path } = routes[name];
  // Whoever guesses is soon not even looked at.
  if (code === 'too-many-requests') return caller === 'a wrong key';
  if (stated !== 'let in') return status === stated;
  // Login routes say so of the token that they are given.
  if (role === 'anyone') return status !== 403;
  return status !== 401 && status !== 403 && !(status === 404 && path.startsWith('/v1/jobs/{id}'));
}

describe.each(Object.keys(routes) as RouteName[])('%s', (name) => {
  test.each(CALLERS)('answers %s as its contract states', async (caller) => {
    const { status, code } = await call(name, caller);
    expect({ route: name, caller, status, code, is: isAsStated(name, caller, { status, code }) }).toMatchObject({ is: true });
  });
});

test('a tenant sees its own jobs in lists and counts, and no others', async () => {
  const [own, other] = [server.client(keys['its own tenant']), server.client(keys['another tenant'])];
  const { id } = await own.call('addJob', { body: { type: contract.name, options: { delay: '1h' }, input: {} } });
  await eventually(
    'that it is listed',
    async () => (await own.call('listJobs', { query: { status: 'delayed', type: contract.name } })).jobs.length === 1,
  );
  const { jobs } = await own.call('listJobs', { query: { tenant: 'globex', status: 'delayed' } });
  expect(jobs.map(({ id, tenant }) => [id, tenant])).toEqual([[id, 'acme']]);
  expect((await other.call('listJobs', {})).jobs).toEqual([]);
  expect((await own.call('countJobs', {})).delayed).toBeGreaterThan(0);
  expect(await other.call('countJobs', { query: { tenant: 'acme' } })).toMatchObject({ delayed: 0, cancelled: 0 });
  await own.call('cancelJob', { params: { id }, body: {} });
});

test('a tenant cannot add for another one', async () => {
  const body = { type: contract.name, input: {}, options: { tenant: 'acme' } };
  await expect(server.client(keys['another tenant']).call('addJob', { body })).rejects.toMatchObject({ code: 'forbidden' });
});

test('every act is in the audit log, with who, what, which job and what came of it', async () => {
  const entries = (await server.client().call('readAudit', { query: { job: jobId, limit: '500' } })).entries;
  expect(entries.at(-1)).toMatchObject({
    act: 'add',
    actor: 'acme admin',
    via: 'key',
    outcome: 'done',
    from: expect.stringContaining('127.0.0.1') as string,
  });
  const acts = new Set(entries.map(({ act }) => act));
  for (const act of ['cancel', 'retry', 'postpone', 'delete', 'setPriority', 'runNow', 'retryNow']) expect(acts).toContain(act);
  expect(entries.filter(({ outcome }) => outcome === 'not-found').map(({ actor }) => actor)).toContain('globex admin');
  const text = JSON.stringify(entries);
  const told = Object.values(keys).filter((key) => key !== undefined && text.includes(key));
  expect(told).toEqual([]);
});
