/** Runs the job types that come with Holdfast, for the repositories below the working folder, until Ctrl-C or SIGTERM. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shippedJobs } from 'holdfast';
import { createWorker } from 'holdfast/worker';

const worker = await createWorker({
  jobs: shippedJobs({ allowedRoots: [process.cwd()], workDir: join(tmpdir(), 'holdfast-analyses') }),
});
await worker.run();
