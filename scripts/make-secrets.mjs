/**
 * Makes the secrets of docker-compose.yml: `.secrets/postgres-password` and, for the programs that read environment variables only,
 * `.secrets/temporal.env`. Keeps the password that is there, since the database was set up with it.
 * Usage: node scripts/make-secrets.mjs [folder]
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './freshness.mjs';

const PASSWORD_BYTES = 32;

/** Writes the secrets into `folder`, readable by their owner only. Returns the paths that were written. */
export function makeSecrets(folder = join(root, '.secrets')) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const passwordFile = join(folder, 'postgres-password');
  const isKept = existsSync(passwordFile);
  const password = isKept ? readFileSync(passwordFile, 'utf8').trim() : randomBytes(PASSWORD_BYTES).toString('base64url');
  const environmentFile = join(folder, 'temporal.env');
  if (!isKept) writeFileSync(passwordFile, password, { mode: 0o600 });
  writeFileSync(environmentFile, `POSTGRES_PWD=${password}\nSQL_PASSWORD=${password}\n`, { mode: 0o600 });
  return isKept ? [environmentFile] : [passwordFile, environmentFile];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const file of makeSecrets(process.argv[2])) console.error(`Wrote ${file}`);
}
