/** Owns a PostgreSQL server of one's own, for the benchmark and for tests: in a folder of its own, on loopback, and gone in the end. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface Postgres {
  /** Of a role that may read all, and write nothing but what a statement makes it. */
  readonly url: string;
  /** Of the superuser. */
  readonly superuserUrl: string;
  /** Runs statements as the superuser, with psql. Gives what it prints, cells with `|` between. */
  sql(statements: string): string;
  /** Its version, such as 15.18. */
  readonly version: string;
  /** What `psql \copy` makes of a query, written to a file; resolves when it is done. */
  copyTo(query: string, path: string): Promise<void>;
  /** What COPY makes of a query, in UTC: CSV with a header. */
  csvOf(query: string): Buffer;
  /** Reads a file as psql does: CSV with a header. */
  copyFrom(table: string, path: string): void;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const LOG_KEPT = 4000;
const MAX_OUTPUT = 256 * 1024 * 1024;
/** Where Debian keeps the servers: they are not on PATH. */
const DEBIAN = '/usr/lib/postgresql';
/** Nothing of it has to survive. */
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=256MB',
  'max_wal_size=4GB',
  'autovacuum=off',
];

const PROGRAMS = ['initdb', 'postgres', 'psql'];

/** The folder of the programs; undefined where none is installed. */
export function postgresFolder(): string | undefined {
  const ofDebian = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  const folders = [...ofDebian, ...(process.env['PATH'] ?? '').split(':')];
  return folders.find((folder) => PROGRAMS.every((program) => existsSync(join(folder, program))));
}

/** A server with an empty database. It ends with this process, however that ends. @throws Error that says what to install */
export async function startPostgres(): Promise<Postgres> {
  const bin = postgresFolder();
  if (bin === undefined) throw new Error('A PostgreSQL server is needed: on Debian, apt-get install postgresql.');
  const server = await startServer(bin);
  const postgres: Postgres = { ...programsOf(bin, server.port), stop: () => server.stop() };
  try {
    await untilReady(postgres, server);
    postgres.sql('CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader; GRANT CREATE ON SCHEMA public TO reader');
    return postgres;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

interface Server {
  readonly port: number;
  /** The end of what it said. */
  log(): string;
  stop(): Promise<void>;
}

/** Ends the server, and removes its folder, when the input of the shell ends: with the process that has the other end. */
const WITH_PARENT = 'folder=$1; shift; "$@" </dev/null & server=$!; cat >/dev/null; kill -INT "$server"; wait "$server"; rm -rf "$folder"';

async function startServer(bin: string): Promise<Server> {
  const owner = ownerOf();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const initial = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initial, { cwd: folder, stdio: 'pipe', ...owner });
  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, ...SETTINGS];
  const command = [join(bin, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const shell = spawn('/bin/sh', ['-c', WITH_PARENT, 'sh', folder, ...command], {
    cwd: tmpdir(),
    stdio: ['pipe', 'ignore', 'pipe'],
    ...owner,
  });
  const ended = once(shell, 'exit');
  let log = '';
  shell.stderr.on('data', (chunk: Buffer) => (log = `${log}${chunk.toString()}`.slice(-LOG_KEPT)));
  return {
    port,
    log: () => log,
    async stop() {
      shell.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function programsOf(bin: string, port: number): Omit<Postgres, 'stop'> {
  const [url, superuserUrl] = ['reader', 'postgres'].map((user) => `postgres://${user}@127.0.0.1:${port}/postgres`) as [string, string];
  const psql = join(bin, 'psql');
  const always = ['-X', '-q', '-v', 'ON_ERROR_STOP=1'];
  const run = (...args: readonly string[]): Buffer => execFileSync(psql, [...always, ...args], { stdio: 'pipe', maxBuffer: MAX_OUTPUT });
  return {
    url,
    superuserUrl,
    version: execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).replace(/^\D*([\d.]+)[^]*$/, '$1'),
    sql: (statements) => run(superuserUrl, '-A', '-t', '-c', statements).toString().trimEnd(),
    csvOf: (query) => run(url, '-c', "SET timezone = 'UTC'", '-c', `COPY (${query}) TO STDOUT WITH (FORMAT csv, HEADER)`),
    copyFrom: (table, path) => void run(superuserUrl, '-c', `\\copy ${table} FROM '${path}' WITH (FORMAT csv, HEADER)`),
    async copyTo(query, path) {
      await promisify(execFile)(psql, [...always, url, '-c', `\\copy (${query}) TO '${path}' WITH (FORMAT csv, HEADER)`]);
    },
  };
}

/** The server refuses to run as root. */
function ownerOf(): { readonly uid: number; readonly gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}

async function untilReady(postgres: Postgres, server: Server): Promise<void> {
  let answer = '';
  for (const giveUpAt = Date.now() + START_MS; Date.now() < giveUpAt; await sleep(50)) {
    try {
      postgres.sql('SELECT 1');
      return;
    } catch (error) {
      // It is not up yet.
      answer = error instanceof Error ? error.message : String(error);
    }
  }
  throw new Error(`PostgreSQL did not start. psql says: ${answer} The server says: ${server.log()}`);
}
