/** Owns the suite of what anybody who adds jobs can rely on, over HTTP, with a real server on a real socket. */
import { afterAll, beforeAll } from 'vitest';
import { jobsContract } from '../contract/jobs.ts';
import type { ContractClient } from '../contract/support.ts';
import { type ApiServer, LearningBook, startApi, TeachingJobs } from './support/api-server.ts';

/** Runs a part of the suite. */
export function httpContract(part: { readonly part: number; readonly of: number }): void {
  const book = new LearningBook();
  let server: ApiServer;

  beforeAll(async () => {
    server = await startApi({ book, maxBodyBytes: 100_000_000 });
  });

  afterAll(async () => await server.close());

  jobsContract('RemoteJobs', () => Promise.resolve(new TeachingJobs(server, book) as ContractClient), part);
}
