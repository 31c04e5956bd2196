/** Owns the servers of a benchmark: the embedded Temporal with the settings of the product, and a Redis. Both end with this process. */
import { access, constants, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import type { startEmbedded as StartEmbedded } from '../dist/embedded/server.js';
import type { spawnServer as SpawnServer } from '../dist/embedded/server-process.js';

// Not among the package's entry points, so they are loaded from where the build puts them: `dist`, seen from `bench/dist`.
const { startEmbedded } = (await import(built('embedded/server.js'))) as { startEmbedded: typeof StartEmbedded };
const { spawnServer } = (await import(built('embedded/server-process.js'))) as { spawnServer: typeof SpawnServer };

/** A server that stores the jobs of a contender. */
export interface JobServer {
  readonly pid: number;
  readonly port: number;
  readonly version: string;
  stop(): Promise<void>;
}

/** The servers of one benchmark. */
export interface Servers {
  readonly temporal: JobServer;
  /** Absent: BullMQ is left out. */
  readonly redis: JobServer | undefined;
}

const REDIS_ANSWERS_WITHIN_MS = 10_000;
const POLL_MS = 50;

function built(path: string): string {
  return new URL(`../../dist/${path}`, import.meta.url).href;
}

export interface ServersPlan {
  /** Their data is kept below it. */
  readonly folder: string;
  /** Whether a Redis is wanted. */
  readonly hasRedis: boolean;
  readonly say: (line: string) => void;
}

/** Starts the servers; says loudly when there is no Redis to start. */
export async function startServers({ folder, hasRedis, say }: ServersPlan): Promise<Servers> {
  say('Starting the embedded Temporal server …');
  const temporal = await startTemporal(folder);
  if (!hasRedis) return { temporal, redis: undefined };
  const binary = await findRedis();
  if (binary === undefined) {
    say('\n*** BULLMQ IS SKIPPED: there is no redis-server on PATH. Install it (Debian: apt install redis-server) and run again. ***\n');
    return { temporal, redis: undefined };
  }
  say('Starting Redis with appendfsync always …');
  return { temporal, redis: await startRedis(binary, folder) };
}

export async function stopServers({ temporal, redis }: Servers): Promise<void> {
  await Promise.all([temporal.stop(), redis?.stop()]);
}

/** The embedded Temporal server, in a new data folder below `folder`. */
async function startTemporal(folder: string): Promise<JobServer> {
  const server = await startEmbedded({ dataDir: join(folder, 'temporal'), env: process.env, onNotice: (line) => console.error(line) });
  const version = await temporalVersion(server.address);
  return { pid: server.pid, port: Number(server.address.split(':').at(-1)), version, stop: () => server.close() };
}

async function temporalVersion(address: string): Promise<string> {
  const connection = await Connection.connect({ address });
  try {
    return (await connection.workflowService.getSystemInfo({})).serverVersion;
  } finally {
    await connection.close();
  }
}

/** Path of a redis-server on PATH; undefined when there is none. */
async function findRedis(): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, 'redis-server');
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

/** A Redis in a new folder below `folder` that has each write on disk before it answers. */
async function startRedis(binary: string, folder: string): Promise<JobServer> {
  const dataDir = join(folder, 'redis');
  await mkdir(dataDir, { recursive: true });
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: dataDir,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = await spawnServer({ binary, args, dataDir, env: process.env, logFile: join(folder, 'redis.log') });
  const deadline = Date.now() + REDIS_ANSWERS_WITHIN_MS;
  for (;;) {
    const version = await redisVersion(port);
    if (version !== undefined) return { pid: server.pid, port, version, stop: () => server.stop() };
    if (server.hasEnded() || Date.now() > deadline) throw new Error(`redis-server does not answer on port ${port}: ${folder}/redis.log`);
    await sleep(POLL_MS);
  }
}

/** Undefined while nothing answers. */
async function redisVersion(port: number): Promise<string | undefined> {
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'of unknown version';
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : Number.NaN));
    });
  });
}
