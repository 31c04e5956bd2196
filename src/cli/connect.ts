/** Owns where the calls of a command go: to a Holdfast server over HTTP when one is named, else to Temporal. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { JobClient, type Jobs } from '../client.ts';
import { loadConfig } from '../config.ts';
import { JobError } from '../contract/errors.ts';
import { RemoteJobs } from '../remote-client.ts';
import type { Host } from './host.ts';

/** What every command about jobs can be told. */
export interface PlaceFlags {
  /** Address of a Holdfast server. @default HOLDFAST_SERVER */
  readonly server?: string;
  /** File with its key. @default HOLDFAST_KEY */
  readonly keyFile?: string;
  /** `host:port` of Temporal. @default as for every client */
  readonly address?: string;
  readonly namespace?: string;
  readonly verbose?: true;
  readonly json?: true;
}

export interface Place {
  readonly jobs: Jobs;
}

/** Runs `work` with a client, and ends the client. @throws JobError `no-server`, `unavailable`, `invalid-options` */
export async function withJobs<Result>(flags: PlaceFlags, host: Host, work: (place: Place) => Promise<Result>): Promise<Result> {
  const place = await openPlace(flags, host);
  try {
    return await work(place);
  } finally {
    await place.jobs.close();
  }
}

async function openPlace({ server, keyFile, address, namespace }: PlaceFlags, host: Host): Promise<Place> {
  const config = loadConfig(host.env);
  const url = server ?? (address === undefined ? config.server : undefined);
  if (url === undefined) {
    const temporal = { ...(address === undefined ? {} : { address }), ...(namespace === undefined ? {} : { namespace }) };
    return { jobs: await JobClient.connect({ env: host.env, cwd: host.cwd, ...temporal }) };
  }
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new JobError('invalid-options', `Expected the address of a Holdfast server such as https://jobs.example, got: "${url}".`);
  const key = keyFile === undefined ? config.key : (await readFile(resolve(host.cwd, keyFile), 'utf8')).trim();
  return { jobs: new RemoteJobs({ url, key }) };
}
