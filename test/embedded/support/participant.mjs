// A process that takes part in a data folder. Arguments: the options of startEmbedded as JSON. Tells what happens as JSON lines
// on stdout; "close" on stdin closes it. It stays alive until it is closed or killed.
import { createInterface } from 'node:readline';
import { startEmbedded } from '../../../dist/embedded/server.js';

const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const view = (server) => ({ address: server.address, pid: server.pid, isOwner: server.isOwner });

const stayAlive = setInterval(() => {}, 1000);
try {
  const options = JSON.parse(process.argv[2]);
  const server = await startEmbedded({ ...options, env: process.env, onNotice: (line) => tell({ kind: 'notice', line }) });
  tell({ kind: 'ready', ...view(server) });
  let last = JSON.stringify(view(server));
  const watch = setInterval(() => {
    if (JSON.stringify(view(server)) === last) return;
    last = JSON.stringify(view(server));
    tell({ kind: 'changed', ...view(server) });
  }, 20);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== 'close') continue;
    await server.close();
    tell({ kind: 'closed' });
    clearInterval(watch);
    break;
  }
} catch (error) {
  tell({ kind: 'failed', code: error.code, message: error.message });
}
clearInterval(stayAlive);
process.stdin.destroy();
