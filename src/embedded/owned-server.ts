/**
 * Owns the server while this process owns the data folder: starts it, keeps `server.json` and `data.json` true, starts it
 * again when it dies, ends it. Does not decide who owns the folder: `owner-claim.ts` does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatMs } from '../contract/duration.ts';
import { JobError, messageOf } from '../contract/errors.ts';
import { readBinaryVersion } from './binary.ts';
import { checkNotNewer, openData, writeDataFile } from './data-folder.ts';
import { setRetention } from './health.ts';
import { addressOf, launch, type Launched, launchFirst, type LaunchOptions } from './launch.ts';
import { LOOPBACK, type WantedPorts } from './ports.ts';
import { identityOf, isAlive } from './process-identity.ts';
import { readServerFile, removeServerFile, type ServerFile, writeServerFile } from './server-file.ts';
import { RETENTION_DAYS, RETENTION_IN_FORCE_MS } from './server-settings.ts';

export interface OwnOptions extends Omit<LaunchOptions, 'signal'> {
  readonly wanted: WantedPorts;
}

const RESTARTS_A_MINUTE = 8;
const FIRST_RESTART_AFTER_MS = 100;
/** The shell above a server gives it 5 s to end. */
const PREVIOUS_ENDS_WITHIN_MS = 8000;

export class OwnedServer {
  readonly #options: LaunchOptions;
  readonly #stopping: AbortController;
  #launched: Launched;
  #file: ServerFile;
  #watch: Promise<void>;
  /** When it died or failed to start, within the last minute. */
  #failures: number[] = [];

  private constructor(options: LaunchOptions, stopping: AbortController, started: { launched: Launched; file: ServerFile }) {
    this.#options = options;
    this.#stopping = stopping;
    this.#launched = started.launched;
    this.#file = started.file;
    this.#watch = this.#keepAlive();
  }

  /** A healthy server on the folder, which the caller must own. @throws JobError what `launch.ts` and `data-folder.ts` throw */
  static async start({ wanted, ...rest }: OwnOptions): Promise<OwnedServer> {
    const stopping = new AbortController();
    const options = { ...rest, signal: stopping.signal };
    await endPrevious(rest.dataDir);
    const data = await openData(rest.dataDir);
    const version = await readBinaryVersion(rest.binary, rest.env);
    if (version !== undefined) checkNotNewer(rest.dataDir, data, version.server);
    const launched = await launchFirst(options, wanted, data);
    try {
      if (data.state === 'new') {
        await setRetention(addressOf(launched.ports), RETENTION_DAYS);
        await sleep(RETENTION_IN_FORCE_MS);
      }
      await writeDataFile(rest.dataDir, { ...data, state: 'ready', serverVersion: launched.facts.version, ...launched.ports });
      const retentionDays = data.state === 'new' ? RETENTION_DAYS : launched.facts.retentionDays;
      const file = await publish(rest.dataDir, launched, retentionDays);
      return new OwnedServer(options, stopping, { launched, file });
    } catch (error) {
      await launched.process.stop();
      throw error;
    }
  }

  /** What `server.json` says. */
  get file(): ServerFile {
    return this.#file;
  }

  /** Ends the server and takes `server.json` away. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // First, so that nobody finds a server that is ending.
    await removeServerFile(this.#options.dataDir);
    await this.#launched.process.stop();
    await this.#watch;
    // A restart that was under way may have brought up another one meanwhile.
    await this.#launched.process.stop();
    await removeServerFile(this.#options.dataDir);
  }

  async #keepAlive(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#launched.process.ended;
      if (this.#stopping.signal.aborted) return;
      this.#options.onNotice(`The Temporal server (process ${this.#launched.process.pid}) ended. Starting it again on the same port.`);
      if (!(await this.#restart())) return;
    }
  }

  /** False when it was given up or is no longer wanted. */
  async #restart(): Promise<boolean> {
    for (;;) {
      const waitMs = this.#nextWaitMs();
      if (waitMs === undefined) {
        this.#options.onNotice(
          `The Temporal server failed ${RESTARTS_A_MINUTE} times within a minute and is not started again. See ${this.#options.dataDir}/server.log, then restart this process.`,
        );
        return false;
      }
      try {
        await sleep(waitMs, undefined, { signal: this.#stopping.signal, ref: false });
        await endPrevious(this.#options.dataDir);
        this.#launched = await launch(this.#options, this.#launched.ports, false);
        this.#file = await publish(this.#options.dataDir, this.#launched, this.#launched.facts.retentionDays);
        this.#options.onNotice(`The Temporal server answers again at ${this.#file.address}.`);
        return true;
      } catch (error) {
        if (this.#stopping.signal.aborted) return false;
        this.#options.onNotice(`The Temporal server did not start: ${messageOf(error)}`);
      }
    }
  }

  /** Doubled with each failure of the last minute; undefined after too many. */
  #nextWaitMs(): number | undefined {
    const now = Date.now();
    this.#failures = [...this.#failures.filter((at) => at > now - 60_000), now];
    return this.#failures.length > RESTARTS_A_MINUTE ? undefined : FIRST_RESTART_AFTER_MS * 2 ** (this.#failures.length - 1);
  }
}

async function publish(dataDir: string, { process: server, ports, facts }: Launched, retentionDays: number): Promise<ServerFile> {
  const file: ServerFile = {
    address: addressOf(ports),
    uiUrl: `http://${LOOPBACK}:${ports.uiPort}`,
    ...identityOf(server.pid),
    ownerPid: process.pid,
    version: facts.version,
    startedAt: new Date().toISOString(),
    retentionDays,
  };
  await writeServerFile(dataDir, file);
  return file;
}

/**
 * Waits for the server of the owner before to end: two on one database fight. It gets SIGKILL when it is still there after
 * the time that its shell gives it (the shell was killed too), where the system can tell that it is that very process.
 */
async function endPrevious(dataDir: string): Promise<void> {
  const previous = await readServerFile(dataDir);
  if (previous === undefined) return;
  const deadline = Date.now() + PREVIOUS_ENDS_WITHIN_MS;
  while (isAlive(previous) && Date.now() < deadline) await sleep(20);
  if (!isAlive(previous)) return;
  if (previous.startToken === '') {
    throw new JobError(
      'server-failed',
      `The Temporal server of an earlier owner (process ${previous.pid}) still uses ${dataDir} after ${formatMs(PREVIOUS_ENDS_WITHIN_MS)}. End it, then start again.`,
      { details: { pid: previous.pid } },
    );
  }
  process.kill(previous.pid, 'SIGKILL');
  while (isAlive(previous)) await sleep(20);
}
