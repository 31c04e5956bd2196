/** Owns the browser of tests: Debian's Chromium, on a server of the test's own. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { loginLink } from '../../../src/cli/first-key.ts';
import type { Role } from '../../../src/api/roles.ts';
import type { ApiServer } from '../../http/support/api-server.ts';

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
