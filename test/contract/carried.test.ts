/** What anybody who adds jobs can rely on holds for jobs that share a workflow. */
import { isLong } from '../support/scale.ts';
import { connectCarried } from './carried-client.ts';
import { jobsContract } from './jobs.ts';

/** Their jobs have workflows of their own whoever adds them, or they are told with the others: a long run makes them as well. */
const WITHOUT = ['time limits', 'the order', 'duplicates', 'repeated adds', 'clean-up', 'statistics', 'many jobs', 'lists and counts'];

jobsContract('carried', connectCarried, { isShared: true, without: isLong ? [] : WITHOUT });
