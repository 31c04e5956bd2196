/**
 * Owns the HTTP API of Holdfast: what it is made of, and how it is served. As a fetch handler it is mounted in another program's
 * app; by itself it listens on a port.
 */
import { join, resolve } from 'node:path';
import { JobClient, type Jobs } from './client.ts';
import type { JobContract } from './contract/define-job.ts';
import { checkKeys, checkInteger } from './contract/options.ts';
import { DEFAULT_DATA_FOLDER } from './embedded/server-file.ts';
import { FIND_SERVER_KEYS, type FindServerOptions } from './find-server.ts';
import { jsonLog, type Log } from './log.ts';
import { packageVersion } from './package-version.ts';
import { FolderStorage } from './storage/folder-storage.ts';
import { Access, type HookPrincipal } from './server/access/access.ts';
import { AuditLog } from './server/access/audit.ts';
import { keptSecret } from './server/access/private-file.ts';
import type { Rate } from './server/access/rate-limit.ts';
import { checkBind, secured } from './server/access/request-guard.ts';
import { ContractBook } from './server/contract-book.ts';
import { Dashboard } from './server/dashboard.ts';
import { Downloads } from './server/downloads.ts';
import { handlers } from './server/handlers.ts';
import { type FetchHandler, fetchHandler, listen, type Listening, type NodeHandler, nodeHandler } from './server/http.ts';
import { Metrics } from './server/metrics.ts';
import { Operations } from './server/operations/operations.ts';
import { Pipeline } from './server/pipeline.ts';
import { StaleAnswers } from './server/stale-answers.ts';

export type { FetchHandler, HookPrincipal, Listening, NodeHandler, Rate };

export interface ApiOptions extends FindServerOptions {
  /** Contracts of the job types that can be added. Others are shown, and cannot be added. @default none */
  readonly contracts?: readonly JobContract[];
  /** Folder of keys, sessions, the audit log and operations. @default `.holdfast` in the working directory */
  readonly dataDir?: string;
  /**
   * `keys`: whoever calls needs a key or a session. `open`: nobody does; `listen` then takes the loopback interface only.
   * @default 'keys'
   */
  readonly access?: 'keys' | 'open';
  /** Says who sent a request that has no key and no session: your own users. */
  readonly authenticate?: (request: Request) => HookPrincipal | undefined | Promise<HookPrincipal | undefined>;
  /** Host names that it goes by, besides those of the loopback interface. @default any when mounted, none when it listens by itself */
  readonly hosts?: readonly string[];
  /** Requests of one key, and of one address. @default 500 a second, 1000 at once */
  readonly rate?: Rate;
  /** The largest body of a request. 1 KB–100 MB. @default 4 000 000 */
  readonly maxBodyBytes?: number;
  /** Folder that `export-data` writes to, for downloads. @default none: no downloads */
  readonly exports?: string;
  /** What the paths stand under, where it is mounted: `/holdfast`. For the links that it gives. @default '' */
  readonly basePath?: string;
  /** False: the API alone, without the dashboard at `/`. @default true */
  readonly dashboard?: boolean;
  /** @default JSON lines on standard error */
  readonly log?: Log;
}

/** The API of a server. */
export interface Api {
  /** Answers a request. Mount it in Hono with `app.mount('/holdfast', api.fetch)`. */
  readonly fetch: FetchHandler;
  /** Answers a request of Node's own HTTP server, and of what is built on it: Express, with `app.use('/holdfast', api.node)`, before any body parser. */
  readonly node: NodeHandler;
  /** Who may call it: to make keys and login links. */
  readonly access: Access;
  /** Serves it on a port of its own. 0: a free one. @throws JobError `port-taken`, `invalid-config` */
  listen(place: { readonly host?: string; readonly port: number }): Promise<Listening>;
  /** Ends what it serves, and its connection. */
  close(): Promise<void>;
}

const OPTION_KEYS = [
  'contracts',
  'dataDir',
  'access',
  'authenticate',
  'hosts',
  'rate',
  'maxBodyBytes',
  'exports',
  'basePath',
  'dashboard',
  'log',
  ...FIND_SERVER_KEYS,
];
const DEFAULT_MAX_BODY = 4_000_000;
const LOOPBACK = '127.0.0.1';

/**
 * Connects to Temporal and makes the API.
 * @throws JobError `no-server`, `unavailable`, `invalid-config`, `invalid-options`
 * @example const api = await createApi({ contracts: [sendEmail] }); await api.listen({ port: 7780 });
 */
export async function createApi(options: ApiOptions = {}): Promise<Api> {
  checkKeys(options, OPTION_KEYS, 'API options');
  const given = FIND_SERVER_KEYS.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]] as const]));
  const jobs = await JobClient.connect(Object.fromEntries(given));
  return await apiOver(jobs, options);
}

/** The API over a client that it closes when it is closed itself. */
export async function apiOver(jobs: Jobs, options: ApiOptions, contracts = new ContractBook(options.contracts ?? [])): Promise<Api> {
  const { dataDir = DEFAULT_DATA_FOLDER, basePath = '', exports, authenticate, rate, log = jsonLog() } = options;
  const isOpen = options.access === 'open';
  const maxBodyBytes = checkInteger(options.maxBodyBytes ?? DEFAULT_MAX_BODY, 'maxBodyBytes', { min: 1000, max: 100_000_000 });
  const accessOptions = {
    folder: dataDir,
    isOpen,
    ...(authenticate === undefined ? {} : { authenticate }),
    ...(rate === undefined ? {} : { rate }),
  };
  const dashboard = options.dashboard === false ? undefined : Dashboard.find(basePath);
  const operations = await Operations.open(jobs, join(dataDir, 'operations'), log);
  const handlerFor = (access: Access): FetchHandler => {
    const services = {
      jobs,
      contracts,
      access,
      operations,
      downloads,
      audit,
      metrics,
      version: packageVersion(),
      basePath,
    };
    return fetchHandler({ pipeline: new Pipeline({ services, handlers, stale, log, maxBodyBytes }), dashboard, secure: secured });
  };
  const downloads =
    exports === undefined
      ? undefined
      : new Downloads(new FolderStorage(resolve(exports)), await keptSecret(join(dataDir, 'download-secret')));
  const [audit, metrics, stale] = [new AuditLog(dataDir), new Metrics(), new StaleAnswers()];
  const access = new Access({ ...accessOptions, ...(options.hosts === undefined ? {} : { hosts: options.hosts }) });
  const mounted = handlerFor(access);
  const served = new Set<Listening>();
  return {
    fetch: mounted,
    node: nodeHandler(mounted),
    access,
    async listen({ host = LOOPBACK, port }) {
      checkBind(host, isOpen);
      const own = new Access({ ...accessOptions, hosts: [host, ...(options.hosts ?? [])] });
      const listening = await listen(handlerFor(own), { host, port });
      served.add(listening);
      return listening;
    },
    async close() {
      await Promise.all([...served].map((listening) => listening.close()));
      await operations.close();
      await jobs.close();
    },
  };
}
