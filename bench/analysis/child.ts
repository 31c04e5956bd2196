/** A worker process for the shipped jobs: `node child.js <WorkerSettings as JSON>`. */
import { shippedJobs } from 'holdfast';
import { createWorker } from 'holdfast/worker';
import { answerRequests } from '../answer-requests.ts';

export interface WorkerSettings {
  readonly port: number;
  readonly queue: string;
  readonly repositories: string;
  readonly workDir: string;
}

const { port, queue, repositories, workDir } = JSON.parse(process.argv[2] ?? '') as WorkerSettings;
await answerRequests<never>(async () => {
  const jobs = shippedJobs({ allowedRoots: [repositories], workDir });
  const worker = await createWorker({ address: `127.0.0.1:${port}`, env: {}, jobs, queues: { [queue]: {} } });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    return [];
  };
});
