/** The other half of the contract, in a file of its own: files run side by side. */
import { connectClient } from '../support/jobs.ts';
import { jobsContract } from './jobs.ts';

jobsContract('JobClient', connectClient, { part: 2, of: 2 });
