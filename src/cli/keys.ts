/** Owns `holdfast keys`: the keys of the API, made, listed, revoked, and links that let a browser in. */
import { resolve } from 'node:path';
import Table from 'cli-table3';
import type { Role } from '../api/roles.ts';
import { loadConfig } from '../config.ts';
import type { Duration } from '../contract/duration.ts';
import { JobError } from '../contract/errors.ts';
import { DEFAULT_DATA_FOLDER } from '../embedded/server-file.ts';
import { KeyFile, type KeyRecord } from '../server/access/keys.ts';
import { Sessions } from '../server/access/sessions.ts';
import { loginLink } from './first-key.ts';
import type { Host } from './host.ts';
import { DEFAULT_PORT } from './server.ts';
import { defused } from './text.ts';

export interface KeysOptions {
  /** Folder of the keys. @default `HOLDFAST_DATA_DIR`, else .holdfast */
  readonly dataDir?: string;
  readonly json?: true;
}

export interface AddKeyOptions extends KeysOptions {
  readonly name: string;
  readonly role: Role;
  readonly tenant?: string;
  readonly expiresIn?: string;
}

export interface LoginOptions extends KeysOptions {
  /** Id of the key that the browser is let in with. @default the newest admin key */
  readonly key?: string;
  /** Where the server is. @default http://127.0.0.1:7780 */
  readonly url?: string;
}

/** Makes a key. It alone goes to standard output, so that a script can take it. */
export async function addKey({ name, role, tenant, expiresIn, ...options }: AddKeyOptions, host: Host): Promise<number> {
  const created = await keyFile(options, host).create({
    name,
    role,
    ...(tenant === undefined ? {} : { tenant }),
    ...(expiresIn === undefined ? {} : { expiresIn: expiresIn as Duration }),
  });
  if (options.json === true) host.out.write(`${JSON.stringify(created)}\n`);
  else {
    host.err.write(
      `Key of "${defused(name)}", ${role}${tenant === undefined ? '' : `, of the tenant ${tenant}`}. It is shown this once:\n`,
    );
    host.out.write(`${created.key}\n`);
  }
  return 0;
}

export async function listKeys(options: KeysOptions, host: Host): Promise<number> {
  const keys = await keyFile(options, host).list();
  if (options.json === true) host.out.write(`${JSON.stringify({ keys })}\n`);
  else if (keys.length === 0) host.err.write('There are no keys. Make one with: holdfast keys add --name <name>\n');
  else host.out.write(`${tableOf(keys)}\n`);
  return 0;
}

export async function revokeKey(id: string, options: KeysOptions, host: Host): Promise<number> {
  await keyFile(options, host).revoke(id);
  host.err.write(`The key ${id} is of no use any more.\n`);
  return 0;
}

/** Makes a link that lets a browser in once. */
export async function loginWithKey(options: LoginOptions, host: Host): Promise<number> {
  const folder = folderOf(options, host);
  const keys = await new KeyFile(folder).list();
  const isMeant = ({ id, role, revokedAt }: KeyRecord): boolean =>
    options.key === undefined ? role === 'admin' && revokedAt === undefined : id === options.key;
  const key = keys.findLast(isMeant);
  if (key === undefined)
    throw new JobError(
      'not-found',
      options.key === undefined
        ? 'There is no admin key. Make one with: holdfast keys add --name <name> --role admin'
        : `No key has the id "${options.key}". "holdfast keys list" shows them.`,
    );
  const token = await new Sessions(folder).invite(key.id);
  host.err.write(`For the browser, as "${defused(key.name)}", once and within 10 minutes:\n`);
  host.out.write(`${loginLink(options.url ?? `http://127.0.0.1:${DEFAULT_PORT}`, token)}\n`);
  return 0;
}

function keyFile(options: KeysOptions, host: Host): KeyFile {
  return new KeyFile(folderOf(options, host));
}

function folderOf({ dataDir }: KeysOptions, { env, cwd }: Host): string {
  return resolve(cwd, dataDir ?? loadConfig(env).dataDir ?? DEFAULT_DATA_FOLDER);
}

function tableOf(keys: readonly KeyRecord[]): string {
  const table = new Table({ head: ['id', 'name', 'role', 'tenant', 'made', 'state'], style: { head: [], border: [] } });
  for (const key of keys) table.push([key.id, defused(key.name), key.role, key.tenant ?? '', key.createdAt.slice(0, 10), stateOf(key)]);
  return table.toString();
}

function stateOf({ revokedAt, expiresAt }: KeyRecord): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt.slice(0, 10)}`;
  if (expiresAt === undefined) return 'good';
  return Date.parse(expiresAt) <= Date.now() ? `expired ${expiresAt.slice(0, 10)}` : `good until ${expiresAt.slice(0, 10)}`;
}
