/** Owns one start of the server: from the ports and the data folder to a healthy server, or one clear error and no process left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError } from '../contract/errors.ts';
import { type DataFile, setUnfinishedAside } from './data-folder.ts';
import type { Environment } from '../config.ts';
import { askServer, type ServerFacts } from './health.ts';
import { answers, choosePorts, LOOPBACK, type Ports, type WantedPorts } from './ports.ts';
import { beginLog, knownFailure, logPath, type LogPlace, unknownFailure } from './server-log.ts';
import { type ServerProcess, spawnServer } from './server-process.ts';
import { serverArguments } from './server-settings.ts';

export interface LaunchOptions {
  readonly binary: string;
  readonly dataDir: string;
  readonly env: Environment;
  /** Gives up the wait for health. */
  readonly signal: AbortSignal;
  readonly onNotice: (line: string) => void;
}

/** A server that was healthy a moment ago. */
export interface Launched {
  readonly process: ServerProcess;
  readonly ports: Ports;
  readonly facts: ServerFacts;
}

const HEALTHY_WITHIN_MS = 30_000;
const POLL_MS = 20;
const PORT_TRIES = 10;

/**
 * A healthy server on the ports that are wanted, or on free ones where the choice is ours. A port that is lost to a faster
 * program is replaced; a first start that was cut off earlier is set aside and done again.
 */
export async function launchFirst(options: LaunchOptions, wanted: WantedPorts, data: DataFile): Promise<Launched> {
  const last = data.port === undefined || data.uiPort === undefined ? undefined : { port: data.port, uiPort: data.uiPort };
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts(wanted, last);
    try {
      return await launch(options, ports, data.state === 'new');
    } catch (error) {
      if (!(error instanceof JobError) || attempt === PORT_TRIES) throw error;
      const isLostPort = error.code === 'port-taken' && wanted[error.details['option'] as keyof WantedPorts] === undefined;
      const isCutOff = error.code === 'data-folder-unusable' && data.state === 'new';
      if (!isLostPort && !isCutOff) throw error;
      if (isCutOff) {
        options.onNotice('The first start on this data folder was cut off. Its unfinished database is set aside, and a new one is made.');
        await setUnfinishedAside(options.dataDir);
      }
    }
  }
}

/** A healthy server on exactly these ports. */
export async function launch(options: LaunchOptions, ports: Ports, isFirstStart: boolean): Promise<Launched> {
  const place = { dataDir: options.dataDir, from: await beginLog(options.dataDir) };
  const process = await spawnServer({ ...options, args: serverArguments(ports, isFirstStart), logFile: logPath(options.dataDir) });
  try {
    return { process, ports, facts: await waitUntilHealthy({ process, ports, place, signal: options.signal }) };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

interface HealthWait {
  readonly process: ServerProcess;
  readonly ports: Ports;
  readonly place: LogPlace;
  readonly signal: AbortSignal;
}

async function waitUntilHealthy({ process, ports, place, signal }: HealthWait): Promise<ServerFacts> {
  const deadline = Date.now() + HEALTHY_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const facts = (await answers(ports.port)) ? await askServer(addressOf(ports)).catch(() => undefined) : undefined;
    // A server that lost its port to another one ends: then the answer was the other one's.
    if (process.hasEnded()) throw (await knownFailure(place, ports)) ?? (await unknownFailure(place, 'ended while it started'));
    if (facts !== undefined) return facts;
    const failure = await knownFailure(place, ports);
    if (failure !== undefined) throw failure;
    if (Date.now() > deadline) throw await unknownFailure(place, `was not healthy within ${HEALTHY_WITHIN_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

/** gRPC address of a server on these ports. */
export function addressOf({ port }: Ports): string {
  return `${LOOPBACK}:${port}`;
}
