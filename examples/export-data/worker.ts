/** Runs exports until Ctrl-C or SIGTERM. A database would be one more line: `connections: { shop: { url: … } }`. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorker, shippedJobs } from 'holdfast';

const worker = await createWorker({
  jobs: shippedJobs({
    workDir: join(tmpdir(), 'holdfast-example', 'work'),
    allowedRoots: [],
    exports: {
      storage: join(tmpdir(), 'holdfast-example', 'exports'),
      // The files that jobs may export.
      folders: [import.meta.dirname],
    },
  }),
});
await worker.run();
