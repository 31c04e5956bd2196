/** An API server in a process of its own: `node child.js <port of Temporal> <queue> <folder>`. */
import { createApi } from 'holdfast/server';
import { type Answerer, answerRequests, tell } from '../answer-requests.ts';
import { residentMiB } from '../process-usage.ts';
import { emptyJob } from './empty-job.ts';
import type { Memory, Started } from './requests.ts';

const [port = '', queue = '', folder = ''] = process.argv.slice(2);

const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

async function start(): Promise<Answerer<Memory>> {
  const api = await createApi({ address: `127.0.0.1:${port}`, env: {}, contracts: [emptyJob(queue)], dataDir: folder, log });
  const { url } = await api.listen({ port: 0 });
  const { key } = await api.access.keys.create({ name: 'bench', role: 'admin' });
  tell({ url, key } satisfies Started);
  return async (request) => {
    if (request.kind === 'stop') await api.close();
    else global.gc?.();
    return [residentMiB(process.pid)];
  };
}

await answerRequests<Memory>(start);
