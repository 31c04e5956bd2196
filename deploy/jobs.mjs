// What the image's worker runs unless it is told otherwise: the job types that come with Holdfast. No local repository may be
// read, since the container has none; clones are made in a folder that goes with the container. Exports need a folder of their own: HOLDFAST_EXPORTS.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportsFromEnvironment, shippedJobs } from 'holdfast';

export const jobs = shippedJobs({ workDir: join(tmpdir(), 'holdfast'), allowedRoots: [], exports: exportsFromEnvironment() });
