/** What a program meets that speaks HTTP: adds that can be repeated, answers, problems, limits. */
import { randomUUID } from 'node:crypto';
import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';
import { handle } from '../../src/worker.ts';
import { eventually, ownQueue, runWorker, type RunningWorker, startWorker } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';
import { type ApiServer, runApi, startApi } from './support/api-server.ts';

const greet = defineJob({
  name: 'greet',
  input: z.object({ name: z.string(), loud: z.boolean().default(false) }),
  output: z.object({ text: z.string() }),
  queue: ownQueue(),
});
const echo = defineJob({ name: 'echo', input: z.unknown(), queue: greet.queue });
let server: ApiServer;
let worker: RunningWorker;

beforeAll(async () => {
  server = await startApi({ contracts: [greet, echo] });
  worker = await startWorker({ jobs: [handle(greet, ({ name }) => ({ text: `Hello ${name}` })), handle(echo, (input) => input)] });
});

afterAll(async () => {
  await worker.stop();
  await server.close();
});

interface Sent {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
}

/** A request with the key of an operator. */
async function send(path: string, { method = 'GET', body, headers = {} }: Sent = {}): Promise<Response> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  return await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${server.keys.operator}`, ...json, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status: response.status, requestId: response.headers.get('x-request-id') });
  return problem;
}

describe('adding', () => {
  test('answers 202 with the place of the job, which is there and completes', async () => {
    const response = await send('/v1/jobs', { method: 'POST', body: JSON.stringify({ type: 'greet', input: { name: 'Ada' } }) });
    expect(response.status).toBe(202);
    const { id, deduplicated } = (await response.json()) as { id: string; deduplicated: boolean };
    expect(deduplicated).toBe(false);
    expect(response.headers.get('location')).toBe(`/v1/jobs/${id}`);
    const result = await send(`/v1/jobs/${id}/result?wait=20`);
    expect(await result.json()).toEqual({ status: 'completed', output: { text: 'Hello Ada' } });
    expect(await (await send(`/v1/jobs/${id}`)).json()).toMatchObject({ id, status: 'completed', input: { name: 'Ada' } });
  });

  test('with an Idempotency-Key makes one job of five requests at a time, and refuses another body', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const add = async (name: string) =>
      await send('/v1/jobs', { method: 'POST', headers, body: JSON.stringify({ type: 'greet', input: { name } }) });
    const responses = await Promise.all(Array.from({ length: 5 }, () => add('Ada')));
    expect(responses.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    const ids = (await Promise.all(responses.map(async (response) => (await response.json()) as { id: string }))).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
    const other = await add('Grace');
    expect(other.status).toBe(422);
    expect(await problemOf(other)).toMatchObject({ code: 'idempotency-mismatch' });
  });

  test('the same Idempotency-Key with another key is another request', async () => {
    const body = { type: 'greet', input: { name: 'Ada' } };
    const [one, other] = await Promise.all(
      [server.keys.operator, server.keys.admin].map((key) => server.client(key).call('addJob', { body }, { idempotencyKey: 'mine' })),
    );
    expect(one?.id).not.toBe(other?.id);
  });

  test('many gives each its answer, in order', async () => {
    const jobs = [{ type: 'greet', input: { name: 'Ada' } }, { type: 'nothing' }, { type: 'greet', input: { name: 7 } }];
    const answer = await server.client().call('addJobs', { body: { jobs } }, { idempotencyKey: randomUUID() });
    expect(answer.jobs).toMatchObject([
      { deduplicated: false },
      { error: { code: 'unknown-job-type' } },
      { error: { code: 'invalid-input' } },
    ]);
  });

  it.each([
    [{ type: 'nothing' }, 422, 'unknown-job-type', 'The server has no contract for the job type "nothing". Known are: echo, greet.'],
    [{ type: 'greet', input: {} }, 422, 'invalid-input', 'The input of "greet" does not match its contract. name: '],
    [{ type: 'greet', input: { name: 'a' }, options: { delay: 'soon' } }, 422, 'invalid-options', 'Expected delay to be '],
    [{ type: 'greet', input: { name: 'a' }, options: { dealy: '5s' } }, 400, 'invalid-request', 'options: Unrecognized key: "dealy"'],
    [{ type: 'greet', inputs: {} }, 400, 'invalid-request', 'Unrecognized key: "inputs"'],
    [[], 400, 'invalid-request', 'The body of the request is not what this route takes.'],
  ])('of %j is refused with %i %s', async (body, ...expected) => {
    const [status, code, detail] = expected as [number, string, string];
    const response = await send('/v1/jobs', { method: 'POST', body: JSON.stringify(body) });
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code, detail: expect.stringContaining(detail) as string });
  });
});

describe('a body', () => {
  it.each([
    ['that is no JSON', '{"type":', {}, 400, 'invalid-request'],
    ['that is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 400, 'invalid-request'],
    ['of another type', 'type=greet', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported-media-type'],
    ['that is too large', JSON.stringify({ type: 'echo', input: 'x'.repeat(4_100_000) }), {}, 413, 'payload-too-large'],
    ['that is too deep', `{"type":"echo","input":${'['.repeat(100)}${']'.repeat(100)}}`, {}, 400, 'invalid-request'],
    ['with a number that would be rounded', '{"type":"echo","input":{"id":9007199254740993}}', {}, 400, 'invalid-request'],
    ['with the key of prototypes', '{"type":"echo","input":{"__proto__":{"a":1}}}', {}, 400, 'invalid-request'],
  ])('%s is refused', async (_what, body, ...expected) => {
    const [headers, status, code] = expected as [Record<string, string>, number, string];
    const response = await send('/v1/jobs', { method: 'POST', body, headers });
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code });
  });

  test('that is announced too large is refused before it is sent', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${server.keys.operator}`, 'content-type': 'application/json', 'content-length': '99999999' };
      const request = rawRequest(`${server.url}/v1/jobs`, { method: 'POST', headers }, (response) => resolve(response.statusCode));
      request.on('error', reject);
      request.flushHeaders();
    });
    expect(status).toBe(413);
  });
});

describe('a request', () => {
  test('to nowhere is told where the routes are described', async () => {
    const response = await send('/v1/nothing');
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({
      detail: 'There is nothing at /v1/nothing. The routes are described at /v1/openapi.json.',
    });
  });

  test('with a method that the resource does not know is told which it knows', async () => {
    const response = await send('/v1/jobs', { method: 'PUT', body: '{}' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, GET');
    await problemOf(response);
  });

  test('for a host that the server does not go by is refused: a page elsewhere may have had its name point here', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'evil.example', authorization: `Bearer ${server.keys.operator}` };
      rawRequest(`${server.url}/v1/jobs`, { headers }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  test('that is one too many is told when to come again', async () => {
    const own = await runApi({ rate: { perSecond: 1, burst: 3 } });
    const responses = await Promise.all(Array.from({ length: 6 }, () => fetch(`${own.url}/v1/health`)));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(3);
    const refused = responses.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  test('has an answer that no page may frame, and whose type is not guessed', async () => {
    const { headers } = await fetch(`${server.url}/v1/health`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});

describe('a session', () => {
  const login = async (token: string) =>
    await fetch(`${server.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });

  test('begins with a login link, which is good once, and ends with its key', async () => {
    const { record } = await server.api.access.keys.create({ name: 'browser', role: 'operator' });
    const token = await server.api.access.sessions.invite(record.id);
    const [first, second] = await Promise.all([login(token), login(token)]);
    expect(new Set([first.status, second.status])).toEqual(new Set([200, 401]));
    const cookie = [first, second].find(({ status }) => status === 200)?.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^holdfast_session=.*; HttpOnly; SameSite=Strict$/);
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    expect(await (await fetch(`${server.url}/v1/me`, { headers })).json()).toEqual({ name: 'browser', role: 'operator', via: 'session' });
    const act = async (more: Record<string, string>) =>
      (
        await fetch(`${server.url}/v1/jobs`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json', ...more },
          body: '{"type":"nothing"}',
        })
      ).status;
    expect(await act({ origin: 'https://evil.example' })).toBe(403);
    expect(await act({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await act({ origin: server.url })).toBe(422);
    await server.api.access.keys.revoke(record.id);
    expect((await fetch(`${server.url}/v1/me`, { headers })).status).toBe(401);
  });

  test('that somebody made up is none', async () => {
    for (const cookie of ['holdfast_session=a.b.c', 'holdfast_session=', 'holdfast_session=x.9999999999999.AAAA']) {
      expect((await fetch(`${server.url}/v1/me`, { headers: { cookie } })).status).toBe(401);
    }
  });
});

/** Jobs of one operation. */
const MANY = scaled(30, 200);

describe('an operation', () => {
  const failing = defineJob({ name: 'failing', input: z.object({}), queue: ownQueue(), retry: { maxAttempts: 1 } });

  test('retries all failed jobs that match, counts them first, and tells what became of each', { timeout: 120_000 }, async () => {
    const own = await runApi({ contracts: [failing] });
    let isBroken = true;
    await runWorker({
      jobs: [
        handle(failing, () => {
          if (isBroken) throw new Error('broken');
        }),
      ],
      concurrency: 20,
    });
    const client = own.client();
    for (let left = MANY; left > 0; left -= 100) {
      const jobs = Array.from({ length: Math.min(100, left) }, () => ({ type: 'failing', input: {} }));
      await client.call('addJobs', { body: { jobs } });
    }
    const failed = async () => (await client.call('countJobs', { query: { type: 'failing' } })).failed;
    await eventually('all to fail', async () => (await failed()) === MANY);
    isBroken = false;
    const started = await client.call('startOperation', { body: { act: 'retry', filter: { type: 'failing' }, reason: 'mended' } });
    expect(started).toMatchObject({ act: 'retry', status: 'running', matching: MANY, done: 0, actor: 'our admin', reason: 'mended' });
    const ended = await eventually('its end', async () => {
      const operation = await client.call('getOperation', { params: { id: started.id } });
      return operation.status === 'completed' && operation;
    });
    expect(ended).toMatchObject({ done: MANY, succeeded: MANY, skipped: 0, failed: 0 });
    const lines = await (await client.open('getOperationResults', { params: { id: started.id } })).text();
    const results = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; outcome: string });
    expect(new Set(results.map(({ id }) => id)).size).toBe(MANY);
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['succeeded']));
    await eventually('all to complete', async () => (await client.call('countJobs', { query: { type: 'failing' } })).completed === MANY);
  });

  it.each([
    [{ act: 'cancel', filter: {} }, 'invalid-options', 'An empty filter matches every job.'],
    [{ act: 'retry', filter: { status: 'queued' } }, 'conflict', 'retry is for jobs that are failed, cancelled'],
  ] as const)('of %j is refused', async (body, code, message) => {
    await expect(server.client().call('startOperation', { body })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });
});
