/** Owns `.holdfast/server.json`: where the embedded server of a data folder answers, for every other process. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';

export const DEFAULT_DATA_FOLDER = '.holdfast';
const SERVER_FILE = 'server.json';

const serverFileSchema = z.object({
  /** gRPC address, `127.0.0.1:7233`. */
  address: z.string(),
  /** Of the Web UI. */
  uiUrl: z.string().optional(),
  /** The server's process. */
  pid: z.int().positive(),
  /** Tells the server's process from a later one with the same pid; empty where the system cannot tell. */
  startToken: z.string(),
  /** The process that owns the data folder: the server ends with it. */
  ownerPid: z.int().positive(),
  /** Version of the Temporal server, `1.32.0`. */
  version: z.string(),
  /** ISO time at which the server was healthy. */
  startedAt: z.string(),
  /** Days that Temporal keeps finished jobs. */
  retentionDays: z.number(),
});

/** The content of `server.json`. */
export type ServerFile = z.infer<typeof serverFileSchema>;

/** A `server.json` that was found, with the folder it stands in. */
export interface FoundServer extends ServerFile {
  /** Absolute path of the data folder. */
  readonly dataDir: string;
}

/**
 * The nearest `.holdfast/server.json` in `fromDir` or a folder above it, or undefined. A file that cannot be understood
 * is passed over. Does not ask whether the server answers: an owner that was killed leaves its file behind.
 */
export async function findServerFile(fromDir: string): Promise<FoundServer | undefined> {
  const folder = resolve(fromDir);
  const dataDir = join(folder, DEFAULT_DATA_FOLDER);
  const found = await readServerFile(dataDir);
  if (found !== undefined) return { ...found, dataDir };
  return dirname(folder) === folder ? undefined : findServerFile(dirname(folder));
}

/** The content of the data folder's `server.json`; undefined when there is none or it cannot be understood. */
export async function readServerFile(dataDir: string): Promise<ServerFile | undefined> {
  try {
    return serverFileSchema.parse(JSON.parse(await readFile(join(dataDir, SERVER_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeServerFile(dataDir: string, content: ServerFile): Promise<void> {
  await replaceFile(join(dataDir, SERVER_FILE), `${JSON.stringify(content, undefined, 2)}\n`);
}

export async function removeServerFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, SERVER_FILE), { force: true });
}

/** Writes the file so that a reader sees the old content or the new one, never a part. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, path);
}
