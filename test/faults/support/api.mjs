// An API server in a process of its own, so that a test can kill it. Argument: `{ address, dataDir, port }` as JSON. Prints its address.
import { createApi } from '../../../dist/server.js';
import { steps } from './steps.mjs';

const { address, dataDir, port } = JSON.parse(process.argv[2]);
const api = await createApi({ address, dataDir, contracts: [steps], access: 'open', rate: { perSecond: 1e6, burst: 1e6 } });
const { url } = await api.listen({ port });
process.stdout.write(`${url}\n`);
