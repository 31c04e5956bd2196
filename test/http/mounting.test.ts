/** The API inside other programs' apps: in Hono and in Express, under a path, with their own users let in by a hook. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/contract/index.ts';
import { RemoteJobs } from '../../src/remote-client.ts';
import { type Api, createApi } from '../../src/server.ts';
import { handle } from '../../src/worker.ts';
import { ownQueue, payloadFolder, runWorker, serverAddress, silentLog } from '../support/jobs.ts';

const greet = defineJob({ name: 'greet', input: z.object({ name: z.string() }), output: z.string(), queue: ownQueue() });

async function mountedApi(): Promise<Api> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-mounted-'));
  const api = await createApi({
    address: serverAddress(),
    payloads: payloadFolder(),
    contracts: [greet],
    dataDir,
    basePath: '/holdfast',
    log: silentLog,
    // Whoever the app knows: here by a header of its own.
    authenticate: (request) => {
      const user = request.headers.get('x-user');
      return user === null ? undefined : { id: user, name: user, role: 'operator', tenant: 'acme' };
    },
  });
  onTestFinished(async () => {
    await api.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return api;
}

/** Adds a job and follows it to its end, as a program of one of the app's users. */
async function useIt(url: string, requests: typeof fetch): Promise<void> {
  await runWorker({ jobs: [handle(greet, ({ name }) => `Hello ${name}`)] });
  const asAda: typeof fetch = async (input, init) =>
    await requests(input, { ...init, headers: { ...(init?.headers as Record<string, string>), 'x-user': 'ada' } });
  const jobs = new RemoteJobs({ url, fetch: asAda });
  const job = await jobs.add(greet, { name: 'Ada' });
  expect(job.id).toMatch(/^acme@/);
  expect(await job.result()).toBe('Hello Ada');
  const statuses: string[] = [];
  for await (const { status } of job.watch()) statuses.push(status);
  expect(statuses).toEqual(['completed']);
  const added = await requests(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'x-user': 'ada', 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'greet', input: { name: 'B' } }),
  });
  expect(added.headers.get('location')).toMatch(/^\/holdfast\/v1\/jobs\/acme%40/);
  expect((await requests(`${url}/v1/jobs`)).status).toBe(401);
}

test('in an app of Hono', async () => {
  const api = await mountedApi();
  const app = new Hono();
  app.get('/', (context) => context.text('the app'));
  app.mount('/holdfast', api.fetch);
  const requests = (async (input, init) => await app.request(input, init)) as typeof fetch;
  await useIt('http://localhost/holdfast', requests);
  expect(await (await requests('http://localhost/')).text()).toBe('the app');
});

test('in an app of Express', async () => {
  const api = await mountedApi();
  const app = express();
  app.use('/holdfast', api.node);
  // Behind it: a parser before it would have taken the body.
  app.use(express.json());
  app.get('/', (_request, response) => void response.send('the app'));
  const server = createServer(app as Parameters<typeof createServer>[1]).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await useIt(`${url}/holdfast`, fetch);
  expect(await (await fetch(url)).text()).toBe('the app');
});
