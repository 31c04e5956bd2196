/** Owns the API servers of tests: each on a port of its own, with keys, in a folder that goes with the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ApiClient } from '../../../src/api/api-client.ts';
import { type Role, ROLES } from '../../../src/api/roles.ts';
import { JobClient, type JobHandle } from '../../../src/client.ts';
import type { AddOptions } from '../../../src/contract/add-options.ts';
import type { InputOf, JobContract } from '../../../src/contract/define-job.ts';
import { RemoteJobs } from '../../../src/remote-client.ts';
import { type Api, apiOver, type ApiOptions } from '../../../src/server.ts';
import { ContractBook } from '../../../src/server/contract-book.ts';
import { payloadFolder, serverAddress, silentLog } from '../../support/jobs.ts';

export interface ApiServer {
  readonly url: string;
  readonly api: Api;
  readonly dataDir: string;
  /** A key of each role. */
  readonly keys: Readonly<Record<Role, string>>;
  /** A key of a tenant. */
  keyOf(tenant: string, role?: Role): Promise<string>;
  client(key?: string): ApiClient;
  readonly close: () => Promise<void>;
}

/** Whoever sends requests in a test may send as many as they like. */
const NO_LIMIT = { perSecond: 1e6, burst: 1e6 };

/** A server that runs until it is closed. @param contracts job types that can be added */
export async function startApi(options: ApiOptions & { readonly book?: ContractBook } = {}): Promise<ApiServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-api-'));
  const { book, ...given } = options;
  const jobs = await JobClient.connect({ address: serverAddress(), payloads: payloadFolder() });
  const api = await apiOver(jobs, { dataDir, rate: NO_LIMIT, log: silentLog, ...given }, book);
  const { url } = await api.listen({ port: 0 });
  const keyOf = async (tenant: string | undefined, role: Role): Promise<string> => {
    const { key } = await api.access.keys.create({ name: `${tenant ?? 'our'} ${role}`, role, ...(tenant === undefined ? {} : { tenant }) });
    return key;
  };
  const keys = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await keyOf(undefined, role)] as const))) as Record<
    Role,
    string
  >;
  return {
    url,
    api,
    dataDir,
    keys,
    keyOf: (tenant, role = 'operator') => keyOf(tenant, role),
    client: (key = keys.admin) => new ApiClient({ url, key }),
    async close() {
      await api.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The same until the test ends. */
export async function runApi(options: ApiOptions = {}): Promise<ApiServer> {
  const server = await startApi(options);
  onTestFinished(server.close);
  return server;
}

/** A book of contracts that learns them as they are used. */
export class LearningBook extends ContractBook {
  readonly #learned = new Map<string, JobContract>();

  constructor() {
    super([]);
  }

  learn(contract: JobContract): void {
    this.#learned.set(contract.name, contract);
  }

  override toAdd(type: string): JobContract {
    return this.#learned.get(type) ?? super.toAdd(type);
  }
}

/** A client over HTTP whose server knows the contract of whatever it adds. */
export class TeachingJobs extends RemoteJobs {
  readonly #book: LearningBook;

  constructor(server: ApiServer, book: LearningBook) {
    super({ url: server.url, key: server.keys.admin });
    this.#book = book;
  }

  override async add<C extends JobContract>(contract: C, input: InputOf<C>, options?: AddOptions): Promise<JobHandle<C>> {
    this.#book.learn(contract);
    return await super.add(contract, input, options);
  }
}
