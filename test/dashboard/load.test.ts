/** The dashboard beside many jobs and many events: it stays fluid, and forgets what it has shown. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { chromiumPath, startChromium } from '../../scripts/chromium.mjs';
import { JobClient } from '../../src/client.ts';
import { defineJob, type JobSnapshot } from '../../src/contract/index.ts';
import { type ApiServer, startApi } from '../http/support/api-server.ts';
import { ownQueue, payloadFolder, serverAddress } from '../support/jobs.ts';
import { scaled } from '../support/scale.ts';
import { visit } from './support/browser.ts';

const MANY = scaled(300, 3000);
const [EVENTS, EVENTS_BEFORE, EVENTS_A_SECOND] = [scaled(3000, 20_000), scaled(300, 2000), scaled(500, 167)];
const JOBS_OF_EVENTS = 400;
const MIB = 1024 * 1024;
const patient = defineJob({ name: 'patient', queue: ownQueue(), input: z.object({ index: z.int() }) });

let server: ApiServer;
let browser: Browser;
let client: JobClient;

describe.skipIf(chromiumPath === undefined)('the dashboard', () => {
  beforeAll(async () => {
    [server, browser] = [await startApi({ contracts: [patient] }), await startChromium()];
    client = await JobClient.connect({ address: serverAddress(), payloads: payloadFolder() });
  });

  afterAll(async () => {
    await browser.close();
    await client.close();
    await server.close();
  });

  test(`scrolls through ${MANY} jobs and filters them without standing still`, { timeout: 300_000 }, async () => {
    await Promise.all(Array.from({ length: MANY }, (_none, index) => client.add(patient, { index }, { delay: '1h' })));
    const { page } = await visit(browser, server);
    await page.goto(`${server.url}/jobs?type=patient`);
    const grid = page.getByRole('grid', { name: 'Jobs' });
    await grid.getByText('Starts in').first().waitFor();
    await page.evaluate(
      'globalThis.frames_ = []; (function look(last) { requestAnimationFrame((now) => { frames_.push(now - last); look(now); }); })(performance.now())',
    );
    await grid.hover();
    for (let turn = 0; turn < scaled(30, 300); turn += 1) {
      await page.mouse.wheel(0, 400);
      await sleep(20);
    }
    const frames = (await page.evaluate<number[]>('frames_')).toSorted((one, other) => one - other);
    const p95 = frames[Math.floor(frames.length * 0.95)] ?? Number.NaN;
    const startedAt = performance.now();
    await page.getByRole('button', { name: /^Delayed/ }).click();
    await page.getByRole('button', { name: /^Delayed/, pressed: true }).waitFor();
    await grid.getByText('Starts in').first().waitFor();
    const filtered = performance.now() - startedAt;
    console.log(
      `${MANY} jobs: frame p95 ${p95.toFixed(1)} ms, greatest ${frames.at(-1)?.toFixed(0)} ms; filter to paint ${filtered.toFixed(0)} ms`,
    );
    expect(Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThanOrEqual(100);
    // Ten times the aim of 20 ms, on a machine that does other things as well.
    expect(p95).toBeLessThan(200);
    expect(await page.getByRole('row').count()).toBeLessThan(80);
  });

  test(`has after ${EVENTS} events no more than 10 MiB beyond what it had after ${EVENTS_BEFORE}`, { timeout: 300_000 }, async () => {
    const replay = await startReplay(server);
    const { page } = await visit(browser, { url: replay.url, api: server.api });
    await page.goto(`${replay.url}/jobs`);
    await replay.sent(EVENTS_BEFORE);
    const before = await heapOf(page);
    await replay.sent(EVENTS);
    const after = await heapOf(page);
    console.log(`heap ${(before / MIB).toFixed(1)} MiB after ${EVENTS_BEFORE} events, ${(after / MIB).toFixed(1)} MiB after ${EVENTS}`);
    expect(after).toBeLessThanOrEqual(before + 10 * MIB);
  });
});

async function heapOf(page: Page): Promise<number> {
  await sleep(1000);
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

/** The server, with another stream of events in place of its own. */
async function startReplay({ api }: ApiServer): Promise<{ readonly url: string; sent(count: number): Promise<void> }> {
  let count = 0;
  const replay = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    while (!response.destroyed && count < EVENTS) {
      const job = snapshotOf(count);
      response.write(`id: ${job.id}:${job.version}\nevent: job\ndata: ${JSON.stringify(job)}\n\n`);
      count += 1;
      if (count % 25 === 0) await sleep((25 / EVENTS_A_SECOND) * 1000);
    }
  };
  const http: Server = createServer((request, response) => {
    if (request.url?.startsWith('/v1/events') === true) void replay(response);
    else api.node(request, response);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async sent(wanted) {
      while (count < wanted) await sleep(50);
    },
  };
}

/** Jobs that go through their life, one after the other. */
function snapshotOf(index: number): JobSnapshot {
  const [round, number] = [Math.floor(index / JOBS_OF_EVENTS), index % JOBS_OF_EVENTS];
  const life = round % 5;
  const at = new Date(1_790_000_000_000 + index).toISOString();
  return {
    id: `replayed-${Math.floor(round / 5)}-${number}`,
    type: 'replayed',
    queue: 'replayed',
    status: life === 4 ? 'completed' : life === 0 ? 'queued' : 'processing',
    priority: 'normal',
    tags: [],
    addedAt: at,
    startedAt: at,
    ...(life === 4 ? { endedAt: at } : {}),
    maxAttempts: 3,
    version: index + 1,
    attempt: 1,
    progress: { percent: life * 25, message: `Step ${life} of a job that has something to say about it` },
    waitingFor: null,
    eta: 'unknown',
    attempts: [],
    steps: [],
    runId: `run-${number}`,
    run: 1,
  };
}
