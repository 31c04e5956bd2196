/**
 * Owns the search for the Temporal server of a process: an argument, else the standard `TEMPORAL_*` variables and
 * profile, else the embedded server that another process runs, else an error that names all three.
 */
import { join, resolve } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { type Environment, loadConfig, processEnvironment } from './config.ts';
import { JobError, messageOf } from './contract/errors.ts';
import { checkText } from './contract/options.ts';
import { isLoopback } from './embedded/ports.ts';
import { findServerFile, type FoundServer, readServerFile } from './embedded/server-file.ts';
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
  /**
   * Folder for inputs and outputs over 1.9 MB, the same for every client and worker: all of them are on one machine.
   * @default `HOLDFAST_PAYLOADS`; `payloads` in the data folder of the embedded server; else none
   */
  readonly payloads?: string;
  /** Address of the Temporal Web UI, for links to it. @default `HOLDFAST_WEB_UI`; that of the embedded server; else none */
  readonly uiUrl?: string;
}

/** The options above: whoever finds a server by them takes all of them. */
export const FIND_SERVER_KEYS = [
  'address',
  'namespace',
  'env',
  'cwd',
  'payloads',
  'uiUrl',
] as const satisfies readonly (keyof FindServerOptions)[];

/** The folder of large values in the data folder of an embedded server. */
const PAYLOADS = 'payloads';

/** The server that is configured by argument, variables or profile; undefined when none is. @throws JobError `invalid-config` */
export function configuredServer({
  address,
  namespace,
  payloads,
  uiUrl,
  env = processEnvironment(),
}: FindServerOptions): TemporalServer | undefined {
  const { connectionOptions, ...profile } = readProfile(env);
  const found = address ?? connectionOptions.address;
  if (found === undefined) return undefined;
  const { tls, apiKey, metadata } = connectionOptions;
  const folder = payloadFolder(payloads, env);
  if (folder !== undefined) checkSameMachine(found, folder);
  return {
    address: found,
    namespace: namespace ?? profile.namespace ?? 'default',
    ...(tls === undefined || tls === null ? {} : { tls }),
    ...(typeof apiKey === 'string' ? { apiKey } : {}),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
    ...(folder === undefined ? {} : { payloads: folder }),
    ...webUi(uiUrl ?? loadConfig(env).webUi),
  };
}

function webUi(url: string | undefined): { readonly uiUrl?: string } {
  if (url === undefined) return {};
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return { uiUrl: url.replace(/\/+$/, '') };
  throw new JobError('invalid-config', `Expected the address of the Temporal Web UI such as https://temporal.example, got: "${url}".`);
}

/** The folder that `payloads` or `HOLDFAST_PAYLOADS` name, absolute; else that of the embedded server's data folder, if one is given. */
export function payloadFolder(payloads: string | undefined, env: Environment, dataDir?: string): string | undefined {
  const folder = payloads ?? loadConfig(env).payloads ?? (dataDir === undefined ? undefined : join(dataDir, PAYLOADS));
  return folder === undefined ? undefined : resolve(checkText(folder, 'payloads', MAX_PATH_LENGTH));
}

const MAX_PATH_LENGTH = 4096;

/** Whoever gets a reference has to find the folder: on another machine it is not there. */
function checkSameMachine(address: string, folder: string): void {
  if (isLoopback(address)) return;
  throw new JobError(
    'invalid-config',
    `The payload folder ${folder} cannot be used with Temporal at ${address}: clients and workers on other machines would not find what is in it. Leave it out (option payloads, HOLDFAST_PAYLOADS), keep values over 1.9 MB in a store that all machines reach, and pass references to them.`,
    { details: { address, folder } },
  );
}

/** The server to use. @throws JobError `no-server` when none is configured and none is embedded nearby */
export async function findServer(options: FindServerOptions = {}): Promise<TemporalServer> {
  const configured = configuredServer(options);
  if (configured !== undefined) return configured;
  const { env = processEnvironment(), cwd = process.cwd() } = options;
  const { dataDir } = loadConfig(env);
  const file = await (dataDir === undefined ? findServerFile(cwd) : serverFileOf(dataDir));
  if (file === undefined) {
    throw new JobError(
      'no-server',
      'No Temporal server is known. Give one as an argument (address), or set TEMPORAL_ADDRESS or a profile, or start one on this machine with "holdfast dev" (it is found through .holdfast/server.json in or above the working directory, or in HOLDFAST_DATA_DIR).',
    );
  }
  return embeddedServer(file, { env, namespace: options.namespace, payloads: options.payloads });
}

/** An embedded server that is known. */
export interface KnownEmbedded {
  readonly address: string;
  readonly uiUrl?: string | undefined;
  readonly dataDir: string;
}

/** How to talk to it: with the payload folder of its data folder, unless another is given. @throws JobError `invalid-config` */
export function embeddedServer(
  { address, uiUrl, dataDir }: KnownEmbedded,
  options: { readonly env: Environment; readonly namespace?: string | undefined; readonly payloads?: string | undefined },
): TemporalServer {
  const payloads = payloadFolder(options.payloads, options.env, dataDir);
  return {
    address,
    namespace: options.namespace ?? 'default',
    ...(uiUrl === undefined ? {} : { uiUrl }),
    ...(payloads === undefined ? {} : { payloads }),
  };
}

async function serverFileOf(dataDir: string): Promise<FoundServer | undefined> {
  const file = await readServerFile(dataDir);
  return file === undefined ? undefined : { ...file, dataDir: resolve(dataDir) };
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
