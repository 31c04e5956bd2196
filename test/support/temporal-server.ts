/** One embedded Temporal server for all test files of a run, in a folder of its own. Files keep apart by queue names. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/embedded/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    temporalAddress: string;
    payloads: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-tests-'));
  const server = await startEmbedded({ dataDir, env: process.env, onNotice: (line) => process.stderr.write(`${line}\n`) });
  project.provide('temporalAddress', server.address);
  project.provide('payloads', join(dataDir, 'payloads'));
  return async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  };
}
