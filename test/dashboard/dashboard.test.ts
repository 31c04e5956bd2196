/** The dashboard in a real browser, on a real server with real jobs: every page, and what people do there. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { chromiumPath, startChromium } from '../../scripts/chromium.mjs';
import { JobClient } from '../../src/client.ts';
import { defineJob } from '../../src/contract/index.ts';
import { apiOver } from '../../src/server.ts';
import { handle } from '../../src/worker.ts';
import { type ApiServer, startApi } from '../http/support/api-server.ts';
import { eventually, ownQueue, payloadFolder, type RunningWorker, serverAddress, silentLog, startWorker } from '../support/jobs.ts';
import { isLong, scaled } from '../support/scale.ts';
import { visit } from './support/browser.ts';

const queue = ownQueue();
const greet = defineJob({
  name: 'greet-people',
  queue,
  input: z.object({ name: z.string().describe('Who is greeted'), loud: z.boolean().default(false), times: z.int().min(1).max(99) }),
  output: z.string(),
  retry: { maxAttempts: 1 },
});
const slow = defineJob({ name: 'slow-count', queue, input: z.object({ steps: z.int() }), output: z.number() });
const lonely = defineJob({ name: 'lonely', queue: ownQueue(), input: z.object({}) });
const MANY = scaled(30, 200);

let server: ApiServer;
let browser: Browser;
let worker: RunningWorker;
let client: JobClient;
let isBroken = true;

async function work(): Promise<RunningWorker> {
  return await startWorker({
    jobs: [
      handle(greet, ({ name, loud, times }) => {
        if (name === 'no-one' && isBroken) throw new Error('no one is home');
        if (name === 'nobody' && isBroken) throw Object.assign(new Error('nobody is there'), { code: 'E_NOBODY' });
        return `${loud ? 'HELLO' : 'Hello'}, ${name} × ${times}`;
      }),
      handle(slow, async ({ steps }, { progress, signal }) => {
        for (let step = 0; step < steps; step += 1) {
          await sleep(150, undefined, { signal });
          progress({ done: step + 1, total: steps, unit: 'steps' }, 'Counting');
        }
        return steps;
      }),
    ],
    concurrency: 20,
  });
}

describe.skipIf(chromiumPath === undefined)('the dashboard', () => {
  beforeAll(async () => {
    [server, browser, worker, client] = [
      await startApi({ contracts: [greet, slow] }),
      await startChromium(),
      await work(),
      await JobClient.connect({ address: serverAddress(), payloads: payloadFolder() }),
    ];
  });

  afterAll(async () => {
    await browser.close();
    await server.close();
    await worker.stop();
    await client.close();
  });

  test('adds a job by a form that is made of its schema, and shows its end', async () => {
    const { page, errors } = await visit(browser, server);
    await page.keyboard.press('n');
    await page.getByRole('combobox', { name: 'Type' }).click();
    await page.getByRole('option', { name: 'greet-people' }).click();
    await page.getByRole('button', { name: 'Add greet-people job' }).click();
    await page.getByRole('alert').filter({ hasText: 'does not match its contract' }).waitFor();
    await page.getByLabel('name', { exact: false }).first().fill('Ada');
    await page.getByLabel('times', { exact: false }).fill('3');
    await page.getByRole('button', { name: 'Add greet-people job' }).click();
    await page.getByText('"Hello, Ada × 3"').waitFor();
    expect(await page.title()).toBe('✓ greet-people completed · Holdfast');
    expect(await page.getByLabel('State').textContent()).toContain('Done in');
    // The refusal of the first try is the only one.
    expect(errors.filter((error) => !error.includes('422'))).toEqual([]);
  });

  test('shows progress as it is made, when it may be done, and the end', async () => {
    const { page } = await visit(browser, server);
    const job = await client.add(slow, { steps: 40 });
    await page.goto(`${server.url}/jobs/${job.id}`);
    const bar = page.getByRole('progressbar', { name: 'Progress', exact: true });
    await bar.waitFor();
    const percents: number[] = [];
    await eventually('several steps are seen', async () => {
      percents.push(Number(await bar.getAttribute('aria-valuenow')));
      await sleep(200);
      return new Set(percents).size > 3;
    });
    expect(percents).toEqual(percents.toSorted((one, other) => one - other));
    await page
      .getByText(/done in/)
      .first()
      .waitFor();
    await page.getByLabel('State').getByText('Completed').waitFor();
    expect(await page.getByRole('img', { name: /attempt 1/ }).count()).toBe(1);
  });

  test('cancels a running job with a reason, after it has said what that does', async () => {
    const { page } = await visit(browser, server);
    const job = await client.add(slow, { steps: 400 });
    await eventually('it runs', async () => (await job.get()).status === 'processing');
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.getByRole('button', { name: 'Cancel…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel this job?' });
    expect(await dialog.textContent()).toContain('Its handler is told to stop');
    await dialog.getByLabel('Reason').fill('wrong count');
    await dialog.getByRole('button', { name: 'Cancel job' }).click();
    await page.getByLabel('State').getByText('Cancelled', { exact: true }).waitFor();
    expect(await job.get()).toMatchObject({ status: 'cancelled', cancelReason: 'wrong count', cancelledBy: 'admin of the browser' });
  });

  test('shows errors that mean the same in one row, with how often in the last hours, and leads to the newest', async () => {
    const { page } = await visit(browser, server);
    const jobs = await Promise.all([1, 2].map(async () => await client.add(greet, { name: 'nobody', times: 1 })));
    await Promise.allSettled(jobs.map(async (job) => await job.result()));
    await page.goto(`${server.url}/errors`);
    const row = page.getByRole('row').filter({ hasText: 'nobody is there' });
    await row.getByRole('img', { name: /^[2-9] in the last 24 hours/ }).waitFor({ timeout: 30_000 });
    expect(await row.count()).toBe(1);
    expect(await row.locator('canvas').count()).toBe(1);
    await row.getByRole('link', { name: 'Show' }).click();
    await page.getByLabel('State').getByText('nobody is there').first().waitFor();
    expect(await page.getByLabel('State').textContent()).toContain('Failed');
  });

  test('lists the jobs that failed with an error, and retries these and no others', async () => {
    const { page } = await visit(browser, server);
    const [other, ...jobs] = await Promise.all(
      ['no-one', 'nobody', 'nobody'].map(async (name) => await client.add(greet, { name, times: 1 })),
    );
    await Promise.allSettled([other, ...jobs].map(async (job) => await job?.result()));
    await page.goto(`${server.url}/errors`);
    const row = page.getByRole('row').filter({ hasText: 'nobody is there' });
    await row.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.getByRole('grid', { name: 'Jobs' }).getByText('nobody is there').nth(1).waitFor();
    expect(new URL(page.url()).searchParams.get('error')).toBe('nobody is there');
    expect(await page.getByRole('grid', { name: 'Jobs' }).textContent()).not.toContain('no one');
    // Two fields in a row, sooner than either is looked for.
    await page.getByLabel('Id begins with').fill('0');
    await page.getByLabel('Key', { exact: true }).fill('nobody');
    await page.waitForURL((url) => url.searchParams.get('idPrefix') === '0' && url.searchParams.get('key') === 'nobody');
    await page.goto(`${server.url}/errors`);
    await row.getByRole('button', { name: 'Retry…' }).click();
    const dialog = page.getByRole('dialog', { name: /^Retry [0-9]+ jobs\?$/ });
    await dialog.getByRole('button', { name: /^Retry [0-9]+ jobs$/ }).click();
    await page.waitForURL('**/operations*');
    const runs = async (): Promise<readonly number[]> => await Promise.all(jobs.map(async (job) => (await job.get()).run));
    expect(await eventually('second runs', async () => (await runs()).every((run) => run === 2) && (await runs()))).toEqual([2, 2]);
    expect(await other?.get()).toMatchObject({ status: 'failed', run: 1 });
  });

  test('leads from the overview to the last failure, why, and its retry in two clicks; and retries with other input', async () => {
    const { page } = await visit(browser, server);
    const job = await client.add(greet, { name: 'nobody', times: 1 });
    await job.result().catch(() => undefined);
    await page.goto(server.url);
    const row = page.getByLabel('Failed last').getByRole('link').first();
    await row.getByText('nobody is there').waitFor();
    await row.click();
    await page.getByText('nobody is there').first().waitFor();
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await page.getByText('Run 2 is queued.').waitFor();
    await eventually('the second run has failed', async () => (await job.get()).run === 2 && (await job.get()).status === 'failed');
    await page.getByRole('button', { name: 'Retry with changes…' }).click();
    await page.getByLabel('name', { exact: false }).first().fill('Ada');
    expect(await page.getByRole('group', { name: 'Changes' }).textContent()).toBe('name: "nobody" → "Ada"');
    await page.getByRole('button', { name: 'Retry greet-people with this input' }).click();
    await page.getByText('"Hello, Ada × 1"').waitFor();
    expect(await job.get()).toMatchObject({ status: 'completed', run: 3 });
  });

  test(`retries ${MANY} failed jobs at once, all that match, as an operation`, { timeout: 180_000 }, async () => {
    const { page } = await visit(browser, server);
    await Promise.all(Array.from({ length: MANY }, () => client.add(greet, { name: 'nobody', times: 2 }, { tags: ['bulk'] })));
    const count = async () => await client.count({ type: 'greet-people', tags: ['bulk'] });
    await eventually('all to fail', async () => (await count()).failed === MANY, 60_000);
    isBroken = false;
    await page.goto(`${server.url}/jobs?status=failed&type=greet-people&tag=bulk`);
    await page.getByText(`Failed ${MANY}`).waitFor();
    await page.getByLabel('Select all that are loaded').check();
    await page
      .getByRole('button', { name: /^Select all/ })
      .click({ timeout: 3000 })
      .catch(() => undefined);
    await page.getByRole('button', { name: `Retry ${MANY}`, exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `Retry ${MANY} jobs?` });
    expect(await dialog.textContent()).toContain('may be done twice');
    await dialog.getByRole('button', { name: `Retry ${MANY} jobs` }).click();
    await eventually('all to complete', async () => (await count()).completed === MANY, 90_000);
    isBroken = true;
  });

  test('shows a batch: how far it is, why items failed, each of them; and retries what was not completed', async () => {
    const { page } = await visit(browser, server);
    const names = Array.from({ length: 1200 }, (_none, n) => (n % 400 === 7 ? 'nobody' : `guest ${n}`));
    const batch = await client.addBatch(
      greet,
      names.map((name) => ({ name, times: 1 })),
      { name: 'guests of May' },
    );
    await batch.result().catch(() => undefined);
    await page.goto(server.url);
    await page.getByRole('link', { name: 'Batches' }).click();
    const row = page.getByRole('row').filter({ hasText: 'guests of May' });
    await row.getByText('Failed').waitFor();
    await row.getByRole('img', { name: '1197 completed, 3 failed' }).waitFor();
    await row.getByRole('link', { name: 'guests of May' }).click();
    await page.getByText('3 of 1200 items failed. A retry does again what was not completed.').waitFor();
    await page.getByLabel('Why items failed').getByText('nobody is there').waitFor();
    const items = page.getByLabel('Items', { exact: true });
    expect(await items.locator('summary .mono').allTextContents()).toEqual(['7', '407', '807']);
    await items.getByText('nobody is there').first().click();
    await page.getByLabel('Input of item 7', { exact: true }).getByText('"nobody"').waitFor();
    await items.getByRole('button', { name: 'Completed' }).click();
    await page.getByLabel('First item').fill('1100');
    await items.getByRole('button', { name: 'Go', exact: true }).click();
    await items.getByText('"Hello, guest 1100 × 1"').waitFor();
    isBroken = false;
    await page.getByRole('button', { name: 'Retry what is not completed' }).first().click();
    await page.getByText('Run 2 is queued.').waitFor();
    expect(await batch.result()).toEqual({ completed: 1200, failed: 0, cancelled: 0 });
    isBroken = true;
    await page.getByLabel('Batch', { exact: true }).getByRole('img', { name: '1200 completed' }).waitFor();
  });

  test('moves a delayed job, changes its priority and starts it; who did that is on its page', async () => {
    const { page } = await visit(browser, server);
    const job = await client.add(greet, { name: 'Eve', times: 1 }, { delay: '5m' });
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.getByLabel('State').getByText('Starts at').waitFor();
    await page.getByRole('button', { name: 'More acts' }).click();
    await page.getByRole('menuitem', { name: 'Start 1h from now' }).click();
    await page.getByText('It starts 1h from now.').waitFor();
    await page.getByRole('button', { name: 'More acts' }).click();
    await page.getByRole('menuitem', { name: 'Priority high', exact: true }).click();
    await page.getByText('Its priority is high now.').waitFor();
    expect(await job.get()).toMatchObject({ status: 'delayed', priority: 'high' });
    await page.getByRole('button', { name: 'Start now' }).click();
    await page.getByText('"Hello, Eve × 1"').waitFor();
    const byHand = page.getByLabel('By hand');
    await byHand.getByText('runNow').waitFor();
    expect(await byHand.textContent()).toMatch(/postpone.*admin of the browser.*setPriority.*runNow/);
    await page.getByLabel('Audit trail').getByText('from 127.0.0.1').first().waitFor();
  });

  test('steps from job to job as they stood in the list, and back to that list', async () => {
    const { page } = await visit(browser, server);
    await Promise.all(['A', 'B', 'C'].map((name) => client.add(greet, { name, times: 1 }, { tags: ['steps'] })));
    await eventually('they end', async () => (await client.count({ tags: ['steps'] })).completed === 3);
    await page.goto(`${server.url}/jobs?tag=steps`);
    const rows = page.getByRole('row');
    await rows.nth(2).getByText('Done in').waitFor();
    await rows.nth(0).getByText('greet-people').click();
    await page.getByLabel('Facts').waitFor();
    const first = page.url();
    await page.keyboard.press(']');
    await page.waitForURL((url) => url.href !== first);
    await page.keyboard.press('[');
    await page.waitForURL(first);
    await page.keyboard.press('Escape');
    await page.waitForURL(`${server.url}/jobs?tag=steps`);
    expect(await rows.count()).toBe(3);
  });

  test('says in the row why a job does not run, when its worker is gone', async () => {
    const { page } = await visit(browser, server);
    await client.add(lonely, {});
    await page.goto(`${server.url}/jobs?type=lonely`);
    const answer = page.getByRole('row').getByText(`No worker serves queue ${lonely.queue}`);
    await answer.waitFor();
    expect(await answer.getAttribute('title')).toContain('Start one for this queue; the job is kept until then.');
    await page.goto(server.url);
    await page.getByLabel('Problems').getByText(`${lonely.queue}: no worker serves it`).waitFor();
  });

  test('works in an app of Express under a path, with the policy of its own pages', async () => {
    const api = await apiOver(await JobClient.connect({ address: serverAddress(), payloads: payloadFolder() }), {
      dataDir: server.dataDir,
      contracts: [greet],
      basePath: '/admin/jobs',
      log: silentLog,
    });
    const app = express().use('/admin/jobs', api.node);
    const http = createServer(app as Parameters<typeof createServer>[1]).listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/admin/jobs`;
    const { page, errors } = await visit(browser, { url, api });
    await page.getByRole('link', { name: 'Jobs', exact: true }).first().click();
    await page.getByRole('grid', { name: 'Jobs' }).waitFor();
    expect(page.url()).toBe(`${url}/jobs`);
    await page.reload();
    await page.getByRole('button', { name: 'Live' }).waitFor();
    expect(errors).toEqual([]);
    const policy = (await fetch(url)).headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[\w-]+';/);
    http.closeAllConnections();
    http.close();
    await api.close();
  });

  test('a viewer sees jobs and no acts, and is refused by the server as well', async () => {
    const { page } = await visit(browser, server, { role: 'viewer' });
    const job = await client.add(slow, { steps: 60 });
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.getByLabel('State').waitFor();
    expect(await page.getByRole('button', { name: /Cancel|Retry/ }).count()).toBe(0);
    await page.getByText('Read only').waitFor();
    const status = await page.evaluate(
      async (id) =>
        (await fetch(`/v1/jobs/${id}/cancel`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status,
      job.id,
    );
    expect(status).toBe(403);
    await page.goto(`${server.url}/jobs/new`);
    await page.getByText('Your key may look and not add').waitFor();
    await job.cancel();
  });

  test('goes on by itself after a restart of the server', { timeout: 120_000 }, async () => {
    const first = await server.api.listen({ port: 0 });
    const { page } = await visit(browser, { url: first.url, api: server.api });
    await page.getByRole('button', { name: 'Live' }).waitFor();
    await first.close(100);
    await page.getByRole('button', { name: 'Reconnecting' }).waitFor();
    await page.getByRole('alert').getByText('You see the last known state').waitFor();
    const second = await server.api.listen({ port: Number(new URL(first.url).port) });
    await page.getByRole('button', { name: 'Live' }).waitFor();
    const job = await client.add(slow, { steps: 60 });
    await page.getByLabel('Running now').getByText('slow-count').first().waitFor();
    expect(await eventually('nothing is said to be wrong', async () => (await page.getByRole('alert').count()) === 0)).toBe(true);
    await job.cancel();
    await second.close(100);
  });

  test('logs in with a key, and says what is wrong with another', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${server.url}/jobs`);
    await page.getByLabel('Key').fill('hf_wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('The key is not one of this server.').waitFor();
    await page.getByLabel('Key').fill(server.keys.operator);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    expect(page.url()).toBe(`${server.url}/jobs`);
    await context.close();
  });

  test('is used by keyboard alone: to the failed jobs, to the last of them, to its retry, and back', async () => {
    const { page } = await visit(browser, server);
    const job = await client.add(greet, { name: 'nobody', times: 7 });
    await job.result().catch(() => undefined);
    await page.keyboard.press('g');
    await page.keyboard.press('q');
    await page.getByRole('heading', { name: 'Queues' }).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: 'Search' }).fill('failed');
    await page.keyboard.press('Enter');
    await page.getByRole('row').getByText('nobody is there').first().waitFor();
    await tabTo(page, 'grid');
    await page.keyboard.press('Enter');
    await page.getByLabel('Facts').waitFor();
    expect(page.url()).toContain(job.id);
    await page.keyboard.press('r');
    await page.getByText('Run 2 is queued.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('grid', { name: 'Jobs' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search' }).fill('work');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Workers' }).waitFor();
  });

  describe('has no violations of accessibility rules, and nothing that runs off the page,', () => {
    const pages = [
      '/',
      '/jobs',
      '/jobs/new?type=greet-people',
      '/batches',
      '/queues',
      `/queues/${queue}`,
      '/errors',
      '/workers',
      '/operations',
      '/settings',
      '/about',
      '/jobs/of-nobody',
      '/nowhere',
    ];
    it.each([
      ['light', 1280],
      ['dark', 390],
      ...(isLong
        ? ([
            ['dark', 1280],
            ['light', 390],
          ] as const)
        : []),
    ] as const)('in %s, %i wide', { timeout: 180_000 }, async (colorScheme, width) => {
      const { page } = await visit(browser, server, { colorScheme, viewport: { width, height: 800 } });
      const job = (await client.list({ type: 'greet-people', limit: 1 })).jobs[0];
      const batch = (await client.list({ batch: true, limit: 1 })).jobs[0];
      for (const path of [...pages, `/jobs/${job?.id}`, `/jobs/${batch?.id}`]) {
        await page.goto(server.url + path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await sleep(300);
        expect(await axe(page), `${path} in ${colorScheme}`).toEqual([]);
        expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth'), path).toBeLessThanOrEqual(0);
      }
    });
  });

  test('asks for nothing while nothing happens: one stream is open', { timeout: 60_000 }, async () => {
    const { page } = await visit(browser, server);
    await page.goto(`${server.url}/queues`);
    await page.getByRole('button', { name: 'Live' }).waitFor();
    // What workers count late is asked for once more.
    await sleep(14_000);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await sleep(scaled(2000, 6000));
    expect(requests).toEqual([]);
  });
});

async function tabTo(page: Page, role: string): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate<unknown>('document.activeElement?.getAttribute("role")')) === role) return;
  }
  throw new Error(`No ${role} is reached by Tab.`);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds: rule and element. */
async function axe(page: Page): Promise<readonly string[]> {
  // As the debugger does it: the page itself may load no other scripts.
  await page.evaluate(axeSource);
  return await page.evaluate(async () => {
    type Result = { violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] };
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<Result> } };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary?.slice(0, 200) ?? ''}`),
    );
  });
}
