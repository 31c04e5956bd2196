/**
 * Owns how a person's browser is let in: a login link, good once and for ten minutes, becomes a session. A session is a signed cookie
 * that names a key; it is worth what the key is worth, so that revoking the key ends it. Nothing of it is kept but the signing secret.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JobError } from '../../contract/errors.ts';
import { keptSecret, readPrivate, writePrivate } from './private-file.ts';

const LOGIN_MS = 600_000;
const SESSION_MS = 12 * 3_600_000;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;
export const SESSION_COOKIE = 'holdfast_session';

export class Sessions {
  readonly #logins: string;
  readonly #secretFile: string;
  #secret: Promise<Buffer> | undefined;

  /** @param folder the data folder */
  constructor(folder: string) {
    this.#logins = join(folder, 'logins');
    this.#secretFile = join(folder, 'session-secret');
  }

  /** The token of a login link for the holder of a key. */
  async invite(keyId: string): Promise<string> {
    await this.#forgetOld();
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await writePrivate(this.#fileOf(token), JSON.stringify({ keyId, expiresMs: Date.now() + LOGIN_MS }));
    return token;
  }

  /** Takes the token: the id of its key, and the session. @throws JobError `not-authenticated` when it was used, is over, or is none */
  async exchange(token: string): Promise<{ readonly keyId: string; readonly session: string }> {
    const file = this.#fileOf(token);
    const taken = `${file}.taken-${randomBytes(6).toString('hex')}`;
    // Of two who try at the same time one succeeds.
    const isOurs =
      TOKEN.test(token) &&
      (await rename(file, taken).then(
        () => true,
        () => false,
      ));
    const text = isOurs ? await readPrivate(taken) : undefined;
    if (isOurs) await rm(taken, { force: true });
    const { keyId, expiresMs } = JSON.parse(text ?? '{}') as { keyId?: string; expiresMs?: number };
    if (keyId === undefined || expiresMs === undefined || expiresMs <= Date.now())
      throw new JobError(
        'not-authenticated',
        'The login link was used before, or its ten minutes are over. Make another with "holdfast keys login".',
      );
    return { keyId, session: await this.open(keyId) };
  }

  /** A session of the holder of a key. */
  async open(keyId: string): Promise<string> {
    return await this.#sign(keyId, Date.now() + SESSION_MS);
  }

  /** The key that a session names; undefined for one that is over or was not made here. */
  async keyIn(session: string): Promise<string | undefined> {
    const [keyId = '', expires = '', signature = ''] = session.split('.');
    const wanted = Buffer.from(await this.#sign(keyId, Number(expires)));
    const given = Buffer.from(`${keyId}.${expires}.${signature}`);
    const isGenuine = wanted.length === given.length && timingSafeEqual(wanted, given);
    return isGenuine && Number(expires) > Date.now() ? keyId : undefined;
  }

  async #sign(keyId: string, expiresMs: number): Promise<string> {
    const secret = await (this.#secret ??= keptSecret(this.#secretFile));
    const content = `${keyId}.${expiresMs}`;
    return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
  }

  #fileOf(token: string): string {
    return join(this.#logins, createHash('sha256').update(token).digest('hex'));
  }

  async #forgetOld(): Promise<void> {
    await mkdir(this.#logins, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#logins)) {
      const { expiresMs = 0 } = JSON.parse((await readPrivate(join(this.#logins, name)).catch(() => undefined)) || '{}') as {
        expiresMs?: number;
      };
      if (expiresMs <= Date.now()) await rm(join(this.#logins, name), { force: true });
    }
  }
}

/** The header that sets the cookie; with no session the one that removes it. */
export function sessionCookie(session: string | undefined, isSecure: boolean): string {
  const value = session === undefined ? `${SESSION_COOKIE}=; Max-Age=0` : `${SESSION_COOKIE}=${session}; Max-Age=${SESSION_MS / 1000}`;
  return `${value}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}

/** The session in a `Cookie` header. */
export function sessionIn(cookies: string | null): string | undefined {
  const found = cookies
    ?.split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(`${SESSION_COOKIE}=`));
  const value = found?.slice(SESSION_COOKIE.length + 1);
  return value === undefined || value === '' ? undefined : value;
}
