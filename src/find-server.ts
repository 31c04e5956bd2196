/**
 * Owns the search for the Temporal server of a process: an argument, else the standard `TEMPORAL_*` variables and
 * profile, else the embedded server that another process runs, else an error that names all three.
 */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { type Environment, loadConfig, processEnvironment } from './config.ts';
import { JobError, messageOf } from './contract/errors.ts';
import { findServerFile, readServerFile } from './embedded/server-file.ts';
import type { TemporalServer } from './temporal/connection.ts';

export interface FindServerOptions {
  /** `host:port` of a Temporal server. Absent: `TEMPORAL_ADDRESS` or profile, else the embedded server in or above `cwd`. */
  readonly address?: string;
  /** @default `TEMPORAL_NAMESPACE` or profile, else 'default'; 'default' on the embedded server */
  readonly namespace?: string;
  /** @default process.env */
  readonly env?: Environment;
  /** Where the search for `.holdfast/server.json` begins, upwards. @default the working directory */
  readonly cwd?: string;
}

/** The server that is configured by argument, variables or profile; undefined when none is. @throws JobError `invalid-config` */
export function configuredServer({ address, namespace, env = processEnvironment() }: FindServerOptions): TemporalServer | undefined {
  const { connectionOptions, ...profile } = readProfile(env);
  const found = address ?? connectionOptions.address;
  if (found === undefined) return undefined;
  const { tls, apiKey, metadata } = connectionOptions;
  return {
    address: found,
    namespace: namespace ?? profile.namespace ?? 'default',
    ...(tls === undefined || tls === null ? {} : { tls }),
    ...(typeof apiKey === 'string' ? { apiKey } : {}),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
  };
}

/** The server to use. @throws JobError `no-server` when none is configured and none is embedded nearby */
export async function findServer(options: FindServerOptions = {}): Promise<TemporalServer> {
  const configured = configuredServer(options);
  if (configured !== undefined) return configured;
  const { dataDir } = loadConfig(options.env ?? processEnvironment());
  const file = await (dataDir === undefined ? findServerFile(options.cwd ?? process.cwd()) : readServerFile(dataDir));
  if (file === undefined) {
    throw new JobError(
      'no-server',
      'No Temporal server is known. Give one as an argument (address), or set TEMPORAL_ADDRESS or a profile, or start one on this machine with "holdfast dev" (it is found through .holdfast/server.json in or above the working directory, or in HOLDFAST_DATA_DIR).',
    );
  }
  return { address: file.address, namespace: options.namespace ?? 'default', ...(file.uiUrl === undefined ? {} : { uiUrl: file.uiUrl }) };
}

function readProfile(env: Environment): ReturnType<typeof loadClientConnectConfig> {
  try {
    const overrideEnvVars = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
    return loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    throw new JobError('invalid-config', `The Temporal profile or TEMPORAL_* variables are not usable: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
