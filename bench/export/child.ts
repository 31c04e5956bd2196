/** A worker process that exports: `node child.js <place as JSON>`. */
import { createWorker, shippedJobs } from 'holdfast';
import { exportData } from 'holdfast/jobs';
import { answerRequests } from '../answer-requests.ts';
import type { ExportPlace } from './run.ts';

const [argument = ''] = process.argv.slice(2);
await answerRequests(async () => {
  const { port, folder, url } = JSON.parse(argument) as ExportPlace;
  const exports = { storage: folder, connections: { bench: { url } } };
  const worker = await createWorker({
    address: `127.0.0.1:${port}`,
    env: { HOLDFAST_LOG_LEVEL: 'error' },
    jobs: shippedJobs({ workDir: folder, allowedRoots: [], exports }).filter(({ contract }) => contract.name === exportData.name),
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    return [];
  };
});
