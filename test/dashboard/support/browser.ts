/** Owns the browser of tests: Debian's Chromium, on a server of the test's own. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { loginLink } from '../../../src/cli/first-key.ts';
import type { Role } from '../../../src/api/roles.ts';
import type { ApiServer } from '../../http/support/api-server.ts';

/** Where Chromium is; undefined: the tests are skipped, loudly. */
export const chromiumPath = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);

// It may not look for updates, and has no sandbox for root.
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function startBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('Chromium is not installed (on Debian: apt-get install chromium; or set CHROMIUM).');
  return await chromium.launch({ executablePath: chromiumPath, args: QUIET });
}

export interface Visit {
  readonly page: Page;
  /** Errors of the page and of its console. */
  readonly errors: readonly string[];
}

/** A page of a browser that was let in as the holder of a key of the role. */
export async function visit(
  browser: Browser,
  server: Pick<ApiServer, 'url' | 'api'>,
  { role = 'admin', ...options }: BrowserContextOptions & { readonly role?: Role } = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  onTestFinished(async () => await context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  const { record } = await server.api.access.keys.create({ name: `${role} of the browser`, role });
  await page.goto(loginLink(server.url, await server.api.access.sessions.invite(record.id)));
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  return { page, errors };
}
