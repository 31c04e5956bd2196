/** Owns the dashboard and the HTTP API of `holdfast dev`: beside the worker, with the shipped job types, on the first free port. */
import { join } from 'node:path';
import { loadConfig } from '../config.ts';
import { asJobError } from '../contract/errors.ts';
import { type Api, createApi, type Listening } from '../server.ts';
import type { DevServer } from './dev-server.ts';
import { firstKeyLines, loginLines } from './first-key.ts';
import type { Host } from './host.ts';
import type { Screen } from './screen.ts';
import { screenLog } from './screen-log.ts';
import { knownContracts } from './known-contracts.ts';
import { DEFAULT_PORT } from './server.ts';

const PORTS_TRIED = 20;

/** The API, listening; where it is has been said on `screen`. The caller closes it. */
export async function openDevApi(server: DevServer, host: Host, screen: Screen): Promise<Api> {
  const { exports, logLevel } = loadConfig(host.env);
  const api = await createApi({
    ...server.find,
    contracts: await knownContracts(undefined, host.cwd),
    dataDir: server.dataDir,
    exports: exports ?? join(server.dataDir, 'exports'),
    log: screenLog(screen, logLevel),
  });
  const { url } = await listening(api);
  const first = await firstKeyLines(api.access, url);
  screen.say(`Dashboard   ${url} (and the API: ${url}/v1/openapi.json)`, ...(first.length > 0 ? first : await loginLines(api.access, url)));
  return api;
}

async function listening(api: Api): Promise<Listening> {
  for (let port = DEFAULT_PORT; ; port += 1) {
    try {
      return await api.listen({ port });
    } catch (error) {
      if (asJobError(error)?.code !== 'port-taken' || port >= DEFAULT_PORT + PORTS_TRIED) throw error;
    }
  }
}
