/** Owns `holdfast server`: the HTTP API, until it is told to end. Its log is JSON lines. */
import { resolve } from 'node:path';
import { loadConfig } from '../config.ts';
import { DEFAULT_DATA_FOLDER } from '../embedded/server-file.ts';
import { jsonLog } from '../log.ts';
import { createApi } from '../server.ts';
import { firstKeyLines } from './first-key.ts';
import { type Host, untilInterrupted } from './host.ts';
import { knownContracts } from './known-contracts.ts';

export interface ServerCommandOptions {
  /** A file or a package whose export `jobs` is an array of `handle(…)` and `multiStep(…)`: types that can be added besides the shipped ones. */
  readonly jobs?: string;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** @default 7780 */
  readonly port?: number;
  /** Folder of keys, sessions and the audit log. @default `HOLDFAST_DATA_DIR`, else .holdfast */
  readonly dataDir?: string;
  /** Names that it goes by, besides those of the loopback interface. */
  readonly allowHost?: readonly string[];
  /** Without keys: on the loopback interface only. */
  readonly open?: true;
  readonly address?: string;
}

export const DEFAULT_PORT = 7780;

/** Serves until SIGTERM or Ctrl-C. @throws JobError when it cannot start */
export async function server(options: ServerCommandOptions, host: Host): Promise<number> {
  const { logLevel, dataDir: configured, exports } = loadConfig(host.env);
  const log = jsonLog(logLevel);
  const contracts = await knownContracts(options.jobs, host.cwd);
  const api = await createApi({
    env: host.env,
    cwd: host.cwd,
    contracts,
    dataDir: resolve(host.cwd, options.dataDir ?? configured ?? DEFAULT_DATA_FOLDER),
    hosts: options.allowHost ?? [],
    log,
    ...(options.address === undefined ? {} : { address: options.address }),
    ...(options.open === true ? { access: 'open' as const } : {}),
    ...(exports === undefined ? {} : { exports }),
  });
  try {
    const { url } = await api.listen({ port: options.port ?? DEFAULT_PORT, ...(options.host === undefined ? {} : { host: options.host }) });
    log.info('server started', { url, types: contracts.map(({ name }) => name), pid: process.pid });
    const lines = options.open === true ? [] : await firstKeyLines(api.access, url);
    // For the person who starts it, not for the log.
    for (const line of lines) host.err.write(`${line}\n`);
    await untilInterrupted(host);
    log.info('server ending');
  } finally {
    await api.close();
  }
  log.info('server ended');
  return 0;
}
