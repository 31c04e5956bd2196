/**
 * Owns the keys of a server: made, shown once, kept as digests in a file, revoked. A key is `hf_<id>_<secret>`: the id is public and
 * finds the record, the secret has 190 random bits. Of those a plain SHA-256 is enough: there is nothing to guess from, so a slow
 * hash would guard nothing (NIST SP 800-63B, 5.1.2.2: look-up secrets with at least 112 bits need no salted slow hash).
 */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ROLES, type Role } from '../../api/roles.ts';
import { type Duration, toMs } from '../../contract/duration.ts';
import { JobError } from '../../contract/errors.ts';
import { checkText, invalidOption } from '../../contract/options.ts';
import { checkTenant } from '../../contract/tenant.ts';
import type { Principal } from './principal.ts';
import { readPrivate, whileLocked, writePrivate } from './private-file.ts';

/** What is known of a key. Times are ISO 8601. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly tenant?: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

export interface NewKey {
  /** Who or what has it: 1–100 characters. It is the actor of what is done with it. */
  readonly name: string;
  readonly role: Role;
  /** It sees and touches the jobs of this tenant only. */
  readonly tenant?: string;
  /** @default never */
  readonly expiresIn?: Duration;
}

/** What a key turned out to be. */
export type KeyCheck = { readonly principal: Principal } | { readonly why: 'unknown' | 'expired' | 'revoked' };

const recordSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  tenant: z.exactOptional(z.string()),
  createdAt: z.string(),
  expiresAt: z.exactOptional(z.string()),
  revokedAt: z.exactOptional(z.string()),
  sha256: z.string(),
});
const fileSchema = z.object({ keys: z.array(recordSchema) });
type KeptKey = z.output<typeof recordSchema>;

const FILE = 'keys.json';
const KEY = /^hf_([A-Za-z0-9]{10})_([A-Za-z0-9]{32})$/;
const [ID_LENGTH, SECRET_LENGTH] = [10, 32] as const;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MAX_NAME_LENGTH = 100;

export class KeyFile {
  readonly #file: string;
  #keys: ReadonlyMap<string, KeptKey> = new Map();
  /** Of the file as it was read last: another process may have changed it. */
  #seen = '';

  /** @param folder the data folder */
  constructor(folder: string) {
    this.#file = join(folder, FILE);
  }

  /**
   * Makes a key. It is in the answer, and nowhere else ever again.
   * @throws JobError `invalid-options`
   */
  async create({ name, role, tenant, expiresIn }: NewKey): Promise<{ readonly key: string; readonly record: KeyRecord }> {
    checkText(name, 'the name of a key', MAX_NAME_LENGTH);
    if (!ROLES.includes(role)) throw invalidOption('role', `one of ${ROLES.join(', ')}`, role);
    const now = Date.now();
    const id = randomText(ID_LENGTH);
    const secret = randomText(SECRET_LENGTH);
    const record: KeyRecord = {
      id,
      name,
      role,
      ...(tenant === undefined ? {} : { tenant: checkTenant(tenant) }),
      createdAt: new Date(now).toISOString(),
      ...(expiresIn === undefined ? {} : { expiresAt: new Date(now + toMs(expiresIn, 'expiresIn')).toISOString() }),
    };
    await this.#change((keys) => [...keys, { ...record, sha256: digestOf(secret) }]);
    return { key: `hf_${id}_${secret}`, record };
  }

  /** All keys, the newest last, without their secrets. */
  async list(): Promise<readonly KeyRecord[]> {
    await this.#refresh();
    return [...this.#keys.values()].map(({ sha256: _sha256, ...record }) => record);
  }

  /** Makes a key useless at once, in every process that reads this file. @throws JobError `not-found` */
  async revoke(id: string): Promise<void> {
    const revokedAt = new Date().toISOString();
    await this.#change((keys) => {
      if (!keys.some((key) => key.id === id))
        throw new JobError('not-found', `No key has the id "${id}". "holdfast keys list" shows them.`, { details: { id } });
      return keys.map((key) => (key.id === id ? { revokedAt, ...key } : key));
    });
  }

  /** Whose key it is. What is no key is `unknown`. */
  async verify(key: string): Promise<KeyCheck> {
    const [, id = '', secret = ''] = KEY.exec(key) ?? [];
    await this.#refresh();
    const record = this.#keys.get(id);
    if (record === undefined || !isSame(record.sha256, digestOf(secret))) return { why: 'unknown' };
    return checkRecord(record, 'key');
  }

  /** The holder of a key as it is now, by its id: for those that were let in with it before. */
  async holder(id: string): Promise<KeyCheck> {
    await this.#refresh();
    const record = this.#keys.get(id);
    return record === undefined ? { why: 'unknown' } : checkRecord(record, 'session');
  }

  async #change(change: (keys: readonly KeptKey[]) => readonly KeptKey[]): Promise<void> {
    await whileLocked(this.#file, async () => {
      const keys = change([...(await this.#read()).values()]);
      await writePrivate(this.#file, `${JSON.stringify({ keys }, undefined, 2)}\n`);
    });
  }

  async #refresh(): Promise<void> {
    const facts = await stat(this.#file).catch(() => undefined);
    const seen = facts === undefined ? 'none' : `${facts.ino} ${facts.mtimeMs} ${facts.size}`;
    if (seen === this.#seen) return;
    this.#keys = await this.#read();
    this.#seen = seen;
  }

  async #read(): Promise<ReadonlyMap<string, KeptKey>> {
    const text = await readPrivate(this.#file);
    if (text === undefined) return new Map();
    try {
      return new Map(fileSchema.parse(JSON.parse(text)).keys.map((key) => [key.id, key]));
    } catch (error) {
      throw new JobError(
        'invalid-config',
        `The file of keys ${this.#file} cannot be understood. Mend it, or remove it and make new keys.`,
        { cause: error },
      );
    }
  }
}

function checkRecord({ id, name, role, tenant, expiresAt, revokedAt }: KeptKey, via: 'key' | 'session'): KeyCheck {
  if (revokedAt !== undefined) return { why: 'revoked' };
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) return { why: 'expired' };
  return { principal: { id, name, role, via, ...(tenant === undefined ? {} : { tenant }) } };
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** In a time that does not depend on where they differ. */
function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
