/** Owns where a queue's jobs are kept: the Temporal server that is configured, else the embedded one of the data folder. */
import { type Environment, loadConfig } from '../config.ts';
import { findServerFile } from '../embedded/server-file.ts';
import { startEmbedded } from '../embedded/server.ts';
import { configuredServer, embeddedServer } from '../find-server.ts';
import type { Log } from '../log.ts';
import type { TemporalServer } from '../temporal/connection.ts';

/** A Temporal server that somebody runs. */
export interface TemporalOptions {
  /** `host:port`. @default `TEMPORAL_ADDRESS` or profile, else the embedded server */
  readonly address?: string | undefined;
  /** @default `TEMPORAL_NAMESPACE`, else 'default' */
  readonly namespace?: string | undefined;
}

export interface ServerSearch {
  readonly temporal: TemporalOptions;
  readonly dataDir: string | undefined;
  readonly env: Environment;
  readonly log: Log;
}

/** The server, and how to let go of it. */
export interface QueueServer {
  readonly server: TemporalServer;
  close(): Promise<void>;
}

/**
 * The server of the queue. An embedded one is started, or attached to when another process has started it; it is looked
 * for upwards from the working directory, as every part of the package does.
 * @throws JobError `invalid-config`, and what `startEmbedded` throws
 */
export async function openServer({ temporal: { address, namespace }, dataDir, env, log }: ServerSearch): Promise<QueueServer> {
  if (env['REDIS_URL'] !== undefined) log.info('REDIS_URL is not used: jobs are kept by Temporal');
  const configured = configuredServer({
    env,
    ...(address === undefined ? {} : { address }),
    ...(namespace === undefined ? {} : { namespace }),
  });
  if (configured !== undefined) {
    log.info('job queue uses the Temporal server that is configured', { address: configured.address, namespace: configured.namespace });
    return { server: configured, close: () => Promise.resolve() };
  }
  const folder = dataDir ?? loadConfig(env).dataDir ?? (await findServerFile(process.cwd()))?.dataDir;
  const embedded = await startEmbedded({ dataDir: folder, env, onNotice: (line) => log.info(line) });
  const how = embedded.isOwner ? 'started its own Temporal server' : 'attached to the Temporal server of another process';
  log.info(`job queue ${how}`, { address: embedded.address, ui: embedded.uiUrl, dataDir: embedded.dataDir });
  return { server: embeddedServer(embedded, { env, namespace }), close: () => embedded.close() };
}
