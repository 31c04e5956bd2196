/** Owns how Chromium is found and started, for tests and for pictures. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** Where Chromium is: CHROMIUM, or where systems have it. Undefined: nowhere. */
export const chromiumPath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);

/** It may not look for updates, and has no sandbox for root. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser, without a window. Rejects with what to install when there is none. */
export async function startChromium() {
  if (chromiumPath === undefined) throw new Error('Chromium is not installed (on Debian: apt-get install chromium; or set CHROMIUM).');
  return await chromium.launch({ executablePath: chromiumPath, args: ARGS });
}
