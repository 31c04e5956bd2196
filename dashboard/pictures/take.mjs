/**
 * `npm run pictures`: the pictures of the dashboard in `docs/pictures`, of the real product with real jobs: a server of its own, jobs
 * that take minutes, and Chromium. Usage: npm run pictures -- [--only=NAME,NAME]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobClient } from 'holdfast/client';
import { startChromium } from '../../scripts/chromium.mjs';
import { exportRows, indexProduct, sendEmail, syncStock, thumbnail } from './demo-jobs.mjs';

const root = resolve(import.meta.dirname, '../..');
const target = join(root, 'docs', 'pictures');
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const STARTS_WITHIN_MS = 90_000;

const only = process.argv
  .find((arg) => arg.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');

/** The command `holdfast dev` in a folder of its own. */
async function startDev(folder) {
  writeFileSync(
    join(folder, 'holdfast.config.mjs'),
    `export default { jobs: ${JSON.stringify(join(import.meta.dirname, 'demo-jobs.mjs'))}, queues: { reports: { concurrency: 30 }, search: { concurrency: 40 } } };\n`,
  );
  const child = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'dev'], { cwd: folder, env: cleanEnvironment() });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const giveUpAt = Date.now() + STARTS_WITHIN_MS;
  for (;;) {
    const link = /Log in +(\S+)/.exec(output)?.[1];
    if (link !== undefined) return { child, link };
    if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error(`holdfast dev did not start:\n${output}`);
    await sleep(100);
  }
}

function cleanEnvironment() {
  const names = Object.keys(process.env).filter((name) => !name.startsWith('TEMPORAL_') && !name.startsWith('HOLDFAST_'));
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** Runs that estimates are told from. */
async function addRuns(client) {
  const months = Array.from(
    { length: 24 },
    (_none, index) => `20${24 - Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`,
  );
  return await Promise.all(months.map((month, index) => client.add(exportRows, { month, rows: 40_000, seconds: 14 + (index % 9) * 2 })));
}

async function mails(client, count) {
  const templates = ['welcome', 'receipt', 'reminder'];
  await Promise.all(
    Array.from({ length: count }, (_none, index) =>
      client.add(
        sendEmail,
        { to: `customer${index * 37 + 11}@shop.example`, template: templates[index % 3], customerId: 70_000 + index },
        { tags: ['shop'] },
      ),
    ),
  );
}

/** Jobs that are under way while the pictures are taken. */
async function current(client) {
  const running = await client
    .add(exportRows, { month: '2026-11', rows: 812_400, seconds: 260 }, { actor: 'ada' })
    .catch(() => client.add(exportRows, { month: '2026-11', rows: 812_400, seconds: 260 }));
  const recovering = await client.add(exportRows, { month: '2026-10', rows: 640_000, seconds: 90 }, { tags: ['finance'] });
  await client.add(exportRows, { month: '2026-09', rows: 590_000, seconds: 200 });
  await Promise.all(['north', 'south'].map((shop) => client.add(syncStock, { shop })));
  await client.add(exportRows, { month: '2026-12', rows: 1, seconds: 1 }, { delay: '2h' });
  const waiting = await Promise.all(
    Array.from({ length: 6 }, (_none, index) => client.add(thumbnail, { image: `img-${index}.jpg` }, { delay: '0s' })),
  );
  return { running: running.id, recovering: recovering.id, waiting: waiting[0].id };
}

async function take(browser, { name, viewport, scheme, path, before, url, state }) {
  if (only !== undefined && !only.includes(name)) return;
  const context = await browser.newContext({
    viewport,
    colorScheme: scheme,
    storageState: state,
    reducedMotion: 'reduce',
    deviceScaleFactor: viewport === PHONE ? 2 : 1,
  });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && console.error(`${name}: ${message.text()}`));
  page.on('pageerror', (error) => console.error(`${name}: ${error.message}`));
  await page.goto(url + path);
  await page.waitForSelector('h1');
  await sleep(2500);
  await before?.(page);
  await page.screenshot({ path: join(target, `${name}.png`) });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  console.log(`${name}.png${wide > 0 ? `  OVERFLOWS by ${wide} px` : ''}`);
  await context.close();
}

async function main() {
  mkdirSync(target, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pictures-'));
  const { child, link } = await startDev(folder);
  const browser = await startChromium();
  try {
    const client = await JobClient.connect({ cwd: folder, env: {} });
    const login = await browser.newContext();
    const first = await login.newPage();
    await first.goto(link);
    await first.waitForSelector('h1:has-text("Overview")');
    const state = await login.storageState();
    const { origin: url } = new URL(link);
    const shot = (name, path, more = {}) => {
      const scheme = name.includes('dark') ? 'dark' : 'light';
      return take(browser, { name, scheme, path, url, state, viewport: name.endsWith('phone') ? PHONE : WIDE, ...more });
    };
    await takeAll(client, shot, url);
    await client.close();
  } finally {
    await browser.close();
    child.kill('SIGINT');
    await new Promise((done) => child.once('exit', done));
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** All pictures, in the order in which the jobs come to be as they are in them. */
async function takeAll(client, shot, url) {
  const runs = await addRuns(client);
  await sleep(11_000);
  await shot('overview-good-light', '/');
  await mails(client, 120);
  await Promise.all(runs.map((run) => run.result()));
  const ids = await current(client);
  await sleep(26_000);
  const failed = (await client.list({ status: 'failed', limit: 1 })).jobs[0];
  await shot('overview-dark', '/');
  await shot('overview-light', '/');
  await shot('overview-dark-phone', '/');
  await shot('jobs-light', '/jobs');
  await shot('jobs-phone', '/jobs');
  await shot('jobs-bulk-dark', '/jobs?status=failed', { before: openBulkRetry });
  await shot('job-running-dark', `/jobs/${ids.running}`);
  await shot('job-recovered-light', `/jobs/${ids.recovering}`);
  await shot('job-running-phone', `/jobs/${ids.running}`);
  await shot('job-failed-light', `/jobs/${failed.id}`);
  await shot('queue-unserved-light', '/queues/images');
  await shot('job-waiting-light', `/jobs/${ids.waiting}`);
  await shot('errors-dark', '/errors');
  await shot('workers-light', '/workers');
  await shot('add-light', '/jobs/new?type=send-email');
  await shot('settings-dark', '/settings');
  await shot('about-light', '/about');
  const batch = await client.addBatch(
    indexProduct,
    Array.from({ length: 15_000 }, (_none, product) => ({ product })),
    { name: 'search index of November' },
  );
  await sleep(9000);
  await shot('batch-light', `/jobs/${batch.id}`);
  await shot('batch-dark-phone', `/jobs/${batch.id}`);
  await shotOfALostConnection(shot, url);
}

async function openBulkRetry(page) {
  await page.getByLabel('Select all that are loaded').check();
  const all = page.getByRole('button', { name: /^Select all/ });
  if (await all.isVisible().catch(() => false)) await all.click();
  await page
    .getByRole('button', { name: /^Retry / })
    .first()
    .click();
  await page.waitForSelector('[role="dialog"]');
}

/** By a way to the server that is cut while the page is open. */
async function shotOfALostConnection(shot, url) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const way = createServer((socket) => {
    const on = connect(Number(port), hostname);
    for (const end of [socket, on]) sockets.add(end.on('error', () => undefined));
    socket.pipe(on).pipe(socket);
  }).listen(0, hostname);
  await once(way, 'listening');
  const cut = async () => {
    way.close();
    for (const socket of sockets) socket.destroy();
    await sleep(12_000);
  };
  await shot('connection-lost-light', '/', { url: `http://${hostname}:${way.address().port}`, before: cut });
}

await main();
