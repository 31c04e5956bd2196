/** Owns which Temporal server `holdfast dev` works on: the configured one, else the embedded one, started here or attached to. */
import { resolve } from 'node:path';
import { JobClient } from '../client.ts';
import { loadConfig } from '../config.ts';
import { asJobError, JobError } from '../contract/errors.ts';
import { prepareFolder } from '../embedded/data-folder.ts';
import { withoutTemporalVariables } from '../embedded/environment.ts';
import { reportTo } from '../embedded/progress-bar.ts';
import { startEmbedded } from '../embedded/server.ts';
import { DEFAULT_DATA_FOLDER } from '../embedded/server-file.ts';
import { configuredServer, embeddedServer, type FindServerOptions } from '../find-server.ts';
import type { Host } from './host.ts';
import type { Screen } from './screen.ts';

export interface DevServerOptions {
  readonly dataDir?: string;
  readonly port?: number;
  readonly uiPort?: number;
}

export interface DevServer {
  /** For clients and workers. */
  readonly find: FindServerOptions;
  /** Absolute path of the folder for the server's data and the jobs' files. */
  readonly dataDir: string;
  /** Where the Web UI shows a job; undefined for a server whose Web UI is not known. */
  jobUrl(job: { readonly id: string; readonly runId: string }): string | undefined;
  /** A client, which the caller closes. @throws JobError `unavailable` with what to do about it */
  connect(): Promise<JobClient>;
  close(): Promise<void>;
}

/** The server, healthy; what it is has been said on `screen`. @throws JobError what `startEmbedded` throws */
export async function openDevServer(options: DevServerOptions, host: Host, screen: Screen): Promise<DevServer> {
  const dataDir = resolve(host.cwd, options.dataDir ?? loadConfig(host.env).dataDir ?? DEFAULT_DATA_FOLDER);
  const configured = configuredServer({ env: host.env });
  if (configured === undefined) return await openEmbedded({ ...options, dataDir }, host, screen);
  if (options.port !== undefined || options.uiPort !== undefined) {
    throw new JobError(
      'invalid-options',
      `--port and --ui-port are for the embedded Temporal server, and ${configured.address} is configured (TEMPORAL_ADDRESS or a profile). Leave them out, or unset TEMPORAL_ADDRESS.`,
    );
  }
  await prepareFolder(dataDir);
  screen.say(
    `Temporal    ${configured.address}, namespace ${configured.namespace} (TEMPORAL_ADDRESS or a profile; none is started here)`,
    `Data        ${dataDir}`,
  );
  return {
    find: { env: host.env },
    dataDir,
    jobUrl: () => undefined,
    connect: () => connectConfigured(configured.address, host),
    close: () => Promise.resolve(),
  };
}

async function connectConfigured(address: string, { env }: Host): Promise<JobClient> {
  try {
    return await JobClient.connect({ env });
  } catch (error) {
    if (asJobError(error)?.code !== 'unavailable') throw error;
    throw new JobError(
      'unavailable',
      `Temporal at ${address} does not answer (the address is from TEMPORAL_ADDRESS or a profile). Start it or correct the address; without one, "holdfast dev" starts a server of its own.`,
      { cause: error, details: { address } },
    );
  }
}

async function openEmbedded(
  { dataDir, port, uiPort }: DevServerOptions & { dataDir: string },
  host: Host,
  screen: Screen,
): Promise<DevServer> {
  const report = reportTo(host.err);
  const server = await startEmbedded({
    dataDir,
    port,
    uiPort,
    env: host.env,
    onProgress: report.onProgress,
    onNotice: (line) => screen.above(() => report.onNotice(line)),
  });
  screen.say(
    `Temporal    ${server.address}, ${server.isOwner ? 'started here' : 'of another process (attached)'}`,
    `Web UI      ${server.uiUrl ?? 'not known'}`,
    `Data        ${server.dataDir} (finished jobs are kept ${server.retentionDays} days)`,
  );
  // Its address is all that counts: TEMPORAL_NAMESPACE and the like are about other servers.
  const env = withoutTemporalVariables(host.env);
  const { address, namespace, payloads } = embeddedServer(server, { env });
  const { uiUrl } = server;
  const find = { address, namespace, env, ...(payloads === undefined ? {} : { payloads }), ...(uiUrl === undefined ? {} : { uiUrl }) };
  return {
    find,
    connect: () => JobClient.connect(find),
    dataDir: server.dataDir,
    jobUrl: ({ id, runId }) =>
      server.uiUrl === undefined ? undefined : `${server.uiUrl}/namespaces/default/workflows/${encodeURIComponent(id)}/${runId}/history`,
    close: () => server.close(),
  };
}
