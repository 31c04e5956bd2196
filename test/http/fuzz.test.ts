/** Requests made from the description of the API, thousands of them: each has an answer within 5 s, and every error is a problem with a code. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { isErrorCode } from '../../src/contract/errors.ts';
import { defineJob } from '../../src/contract/index.ts';
import { routes } from '../../src/api/routes.ts';
import { ownQueue } from '../support/jobs.ts';
import { seeded } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { type ApiServer, startApi } from './support/api-server.ts';
import { type MadeRequest, makeRequest, namesOfRoutes, NAUGHTY } from './support/request-maker.ts';

const REQUESTS = scaled(1200, 10_000);
const AT_ONCE = 10;
const WITHIN_MS = 5000;
const echo = defineJob({ name: 'echo', input: z.unknown(), queue: ownQueue() });

let server: ApiServer;
let tenantKey: string;
const ids: string[] = [];

beforeAll(async () => {
  server = await startApi({ contracts: [echo] });
  // What it does to all jobs that match is done to those of one tenant.
  tenantKey = await server.keyOf('fuzz', 'admin');
  const client = server.client(tenantKey);
  const { jobs } = await client.call('addJobs', {
    body: { jobs: Array.from({ length: 20 }, () => ({ type: 'echo', input: 1, options: { delay: '1h' } })) },
  });
  ids.push(...jobs.flatMap((job) => ('id' in job ? [job.id] : [])));
});

afterAll(async () => {
  await server.client(tenantKey).call('startOperation', { body: { act: 'cancel', filter: {}, all: true } });
  await server.close();
});

/** What is wrong with the answer, in a sentence; undefined when nothing is. */
async function problemWith(made: MadeRequest): Promise<string | undefined> {
  const startedMs = performance.now();
  const key = routes[made.name].isForTenants ? tenantKey : server.keys.viewer;
  const stop = new AbortController();
  const response = await fetch(server.url + made.path, {
    method: made.method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(made.contentType === undefined ? {} : { 'content-type': made.contentType }),
      ...made.headers,
    },
    ...(made.body === undefined ? {} : { body: made.body }),
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(WITHIN_MS * 2)]),
  });
  const isStream = response.ok && response.headers.get('content-type') === 'text/event-stream';
  const body = isStream ? '' : await response.text();
  stop.abort();
  const said = `${made.method} ${made.path} ${made.body?.slice(0, 300) ?? ''} → ${response.status} ${body.slice(0, 300)}`;
  if (performance.now() - startedMs > WITHIN_MS) return `too late: ${said}`;
  if (response.status >= 500) return `a server error: ${said}`;
  if (response.ok) return undefined;
  if (response.headers.get('content-type') !== 'application/problem+json') return `no problem document: ${said}`;
  const { code, status } = JSON.parse(body) as { code: unknown; status: unknown };
  return isErrorCode(code) && status === response.status ? undefined : `another code or status: ${said}`;
}

test(`${REQUESTS} requests have an answer each, and none is a server error`, { timeout: 900_000 }, async () => {
  const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = seeded(seed);
  const names = namesOfRoutes();
  const known = {
    id: ids,
    type: ['echo'],
    queue: [echo.queue],
    wait: ['0'],
    tenant: ['fuzz'],
    act: ['retry', 'cancel'],
    expiresIn: ['1h'],
    limit: ['5'],
  };
  const found: string[] = [];
  const answered = new Map<string, number>();
  for (let first = 0; first < REQUESTS; first += AT_ONCE) {
    const made = Array.from({ length: AT_ONCE }, (_none, index) =>
      makeRequest(names[(first + index) % names.length] ?? 'getJob', random, known),
    );
    const problems = await Promise.all(
      made.map(async (request) => {
        answered.set(request.name, (answered.get(request.name) ?? 0) + 1);
        return await problemWith(request);
      }),
    );
    found.push(...problems.filter((problem) => problem !== undefined));
  }
  expect(found.slice(0, 20), `TEST_SEED=${seed} makes the same requests`).toEqual([]);
  expect(answered.size).toBe(names.length);
  expect(await server.client().call('getHealth', {})).toMatchObject({ status: 'ok' });
});

test('naughty texts in every place of an input arrive as they are', { timeout: 120_000 }, async () => {
  const client = server.client(tenantKey);
  const input = {
    texts: NAUGHTY,
    keys: Object.fromEntries(NAUGHTY.filter((text) => text !== '__proto__').map((text) => [text, text])),
    numbers: [0, -1, 1e308, 5e-324, 0.1, 2 ** 53 - 1],
  };
  const { id } = await client.call('addJob', { body: { type: 'echo', input, options: { delay: '1h' } } });
  expect((await client.call('getJob', { params: { id } })).input).toEqual(input);
});
