/** What anybody who adds jobs can rely on holds for jobs that share a workflow. */
import { isLong } from '../support/scale.ts';
import { connectCarried } from './carried-client.ts';
import { jobsContract } from './jobs.ts';

/** Where the code for carried jobs is another. The others are made in a long run. */
const ALWAYS = ['attempts that fail', 'retry by hand', 'cancel'];

jobsContract('carried', connectCarried, { isShared: true, ...(isLong ? {} : { only: ALWAYS }) });
