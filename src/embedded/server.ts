/**
 * Owns what a process does about the embedded Temporal server of a data folder: own it, or attach to the owner's and take
 * over on the same port when that process is gone. The steps are their own files: the program (`binary.ts`), who owns the
 * folder (`owner-claim.ts`), the server while it is ours (`owned-server.ts`), where it answers (`server-file.ts`).
 */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError, messageOf } from '../contract/errors.ts';
import { checkInteger } from '../contract/options.ts';
import { type FindBinaryOptions, findServerBinary } from './binary.ts';
import { prepareFolder } from './data-folder.ts';
import { askServer } from './health.ts';
import { OwnedServer } from './owned-server.ts';
import { claimFolder, findOwner, type OwnerClaim } from './owner-claim.ts';
import type { WantedPorts } from './ports.ts';
import { DEFAULT_DATA_FOLDER, readServerFile, type ServerFile } from './server-file.ts';

export interface EmbeddedOptions extends FindBinaryOptions {
  /** Folder of the database, the log and `server.json`. @default '.holdfast' in the working directory */
  readonly dataDir?: string | undefined;
  /** gRPC port; `port-taken` when it is. @default the port used last, else 7233, else a free one */
  readonly port?: number | undefined;
  /** Web UI port; `port-taken` when it is. @default the port used last, else 8233, else a free one */
  readonly uiPort?: number | undefined;
}

/** The embedded server as this process sees it. The values follow a restart and a change of owner. */
export interface EmbeddedServer {
  /** gRPC address, `127.0.0.1:7233`. */
  readonly address: string;
  readonly uiUrl: string | undefined;
  /** The server's process. */
  readonly pid: number;
  /** True when the server ends with this process. */
  readonly isOwner: boolean;
  /** Absolute path of the data folder. */
  readonly dataDir: string;
  /** Days that Temporal keeps finished jobs. */
  readonly retentionDays: number;
  /** Lets go of it: an owner ends the server (an attached process takes over), the others stop watching. May be called twice. */
  close(): Promise<void>;
}

const OPEN_WITHIN_MS = 60_000;
const OPEN_POLL_MS = 50;
const OWNER_POLL_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/**
 * The healthy server of the data folder: started here when nobody has it, attached to otherwise. Loopback only. It ends
 * with its owner, SIGKILL included; of the processes attached then, one takes over on the same port with the same data.
 * @throws JobError `binary-missing`, `data-folder-unusable`, `port-taken`, `server-failed`, `invalid-options`
 * @example const server = await startEmbedded({ env: process.env, ...reportTo(process.stderr) });
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  if (process.platform === 'win32') {
    throw new JobError(
      'server-failed',
      'The embedded Temporal server does not run on Windows. Use WSL, or set TEMPORAL_ADDRESS to a server.',
    );
  }
  if (options.port !== undefined) checkInteger(options.port, 'port', { min: 1, max: 65_535 });
  if (options.uiPort !== undefined) checkInteger(options.uiPort, 'uiPort', { min: 1, max: 65_535 });
  const dataDir = resolve(options.dataDir ?? DEFAULT_DATA_FOLDER);
  await prepareFolder(dataDir);
  return new Participant(options, dataDir, await join(options, dataDir));
}

interface Owner {
  readonly claim: OwnerClaim;
  readonly server: OwnedServer;
}

/** What this process is to the folder: its owner, or attached to the server that a file tells of. */
type Role = { readonly kind: 'owner'; readonly owner: Owner } | { readonly kind: 'attached'; readonly file: ServerFile };

class Participant implements EmbeddedServer {
  readonly dataDir: string;
  readonly #options: EmbeddedOptions;
  #role: Role;
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #failedTries = 0;
  #nextTryAt = 0;

  constructor(options: EmbeddedOptions, dataDir: string, role: Role) {
    this.#options = options;
    this.dataDir = dataDir;
    this.#role = role;
    if (role.kind === 'attached') this.#scheduleLook();
  }

  get address(): string {
    return this.#file.address;
  }

  get uiUrl(): string | undefined {
    return this.#file.uiUrl;
  }

  get pid(): number {
    return this.#file.pid;
  }

  get retentionDays(): number {
    return this.#file.retentionDays;
  }

  get isOwner(): boolean {
    return this.#role.kind === 'owner';
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #file(): ServerFile {
    return this.#role.kind === 'owner' ? this.#role.owner.server.file : this.#role.file;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#look;
    if (this.#role.kind === 'attached') return;
    await this.#role.owner.server.stop();
    await this.#role.owner.claim.release();
  }

  #scheduleLook(): void {
    this.#timer = setTimeout(() => {
      this.#look = this.#lookForOwner().then(() => {
        if (this.#role.kind === 'attached' && this.#closing === undefined) this.#scheduleLook();
      });
    }, OWNER_POLL_MS).unref();
  }

  /** Never rejects: a take-over that fails is tried again, less and less often. */
  async #lookForOwner(): Promise<void> {
    if (Date.now() < this.#nextTryAt) return;
    try {
      if ((await findOwner(this.dataDir)) === undefined) await this.#takeOver();
      else await this.#follow();
      this.#failedTries = 0;
    } catch (error) {
      this.#failedTries += 1;
      this.#nextTryAt = Date.now() + Math.min(OWNER_POLL_MS * 2 ** this.#failedTries, LONGEST_RETRY_MS);
      this.#options.onNotice?.(`The Temporal server's owner is gone, and this process could not take over: ${messageOf(error)}`);
    }
  }

  async #follow(): Promise<void> {
    const file = await readServerFile(this.dataDir);
    if (file !== undefined) this.#role = { kind: 'attached', file };
  }

  async #takeOver(): Promise<void> {
    const before = this.address;
    const owner = await own(this.#options, this.dataDir, { port: undefined, uiPort: undefined });
    if (owner === undefined) return;
    this.#role = { kind: 'owner', owner };
    const moved = this.address === before ? '' : ` The port was taken: it answers at ${this.address} now.`;
    this.#options.onNotice?.(`The Temporal server's owner is gone: this process (${process.pid}) took over.${moved}`);
  }
}

/** The role that this process gets: waits while another one starts the server. */
async function join(options: EmbeddedOptions, dataDir: string): Promise<Role> {
  const deadline = Date.now() + OPEN_WITHIN_MS;
  while (Date.now() < deadline) {
    const owner = await findOwner(dataDir);
    const role = owner === undefined ? await becomeOwner(options, dataDir) : await attach(options, dataDir, owner.pid);
    if (role !== undefined) return role;
    await sleep(OPEN_POLL_MS);
  }
  const owner = await findOwner(dataDir);
  throw new JobError(
    'server-failed',
    `Process ${String(owner?.pid)} owns the data folder ${dataDir}, but its Temporal server did not answer within ${OPEN_WITHIN_MS / 1000} s. End that process, or choose another folder with the option dataDir.`,
    { details: { ownerPid: owner?.pid, dataDir } },
  );
}

async function becomeOwner(options: EmbeddedOptions, dataDir: string): Promise<Role | undefined> {
  const owner = await own(options, dataDir, { port: options.port, uiPort: options.uiPort });
  return owner === undefined ? undefined : { kind: 'owner', owner };
}

async function attach({ port, onNotice }: EmbeddedOptions, dataDir: string, ownerPid: number): Promise<Role | undefined> {
  const file = await readServerFile(dataDir);
  if (file === undefined || file.ownerPid !== ownerPid) return undefined;
  const isHealthy = await askServer(file.address).then(
    () => true,
    () => false,
  );
  if (!isHealthy) return undefined;
  if (port !== undefined && !file.address.endsWith(`:${port}`)) {
    onNotice?.(`The Temporal server of ${dataDir} runs at ${file.address} already: port ${port} is not used.`);
  }
  return { kind: 'attached', file };
}

/** The server as ours, or undefined when another process was faster. */
async function own(options: EmbeddedOptions, dataDir: string, wanted: WantedPorts): Promise<Owner | undefined> {
  // Before the claim: others wait for a claim's server, and a download may take minutes.
  const binary = await findServerBinary('temporal', options);
  const claim = await claimFolder(dataDir);
  if (claim === undefined) return undefined;
  try {
    const { env, onNotice = () => undefined } = options;
    return { claim, server: await OwnedServer.start({ binary, dataDir, env, wanted, onNotice }) };
  } catch (error) {
    await claim.release();
    throw error;
  }
}
