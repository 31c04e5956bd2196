/** Owns `server.log`: its bound, and what its last lines say about a server that did not come up. */
import { open, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { JobError } from '../contract/errors.ts';
import { databaseDamaged, unusable } from './data-folder.ts';
import { portTaken, type Ports } from './ports.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const TAIL_BYTES = 65_536;
const SHOWN_LINES = 10;

/** What the server says when its database is not one, is torn, or lacks parts. */
const DAMAGE = /file is not a database|disk image is malformed|no such table|no such column|has no column named/;
const FULL = /database or disk is full|no space left on device/;
const READ_ONLY = /readonly database|unable to open database file/;
/** Said by the program before it starts the server, and by the server that lost the port to a faster program. */
const PORT = /can't set (?<which>frontend|UI) port|listen tcp \S+:(?<number>\d+): bind: address already in use/;

export function logPath(dataDir: string): string {
  return join(dataDir, 'server.log');
}

/** Empties the log when it is over 10 MB. Returns where the next lines will stand. */
export async function beginLog(dataDir: string): Promise<number> {
  const size = await stat(logPath(dataDir)).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size <= MAX_BYTES) return size;
  await truncate(logPath(dataDir), 0);
  return 0;
}

export interface LogPlace {
  readonly dataDir: string;
  /** Where the lines of this server begin. */
  readonly from: number;
}

/** The error that the log gives a name to, or undefined. */
export async function knownFailure({ dataDir, from }: LogPlace, ports: Ports): Promise<JobError | undefined> {
  const text = await readTail({ dataDir, from });
  const port = PORT.exec(text)?.groups;
  if (port !== undefined) {
    const isUi = port['which'] === 'UI' || port['number'] === String(ports.uiPort);
    return isUi ? portTaken(ports.uiPort, 'uiPort') : portTaken(ports.port, 'port');
  }
  const damage = DAMAGE.exec(text);
  if (damage !== null) return databaseDamaged(dataDir, lineAround(text, damage.index));
  if (FULL.test(text)) return unusable(dataDir, 'the disk is full', 'Make room and start again: nothing that was acknowledged is lost.');
  if (READ_ONLY.test(text)) {
    return unusable(dataDir, 'its database cannot be written', 'Correct the permissions of the folder and of each file in it.');
  }
  return undefined;
}

/** The error for a server that did not come up for a reason nobody has a name for: with its last lines. */
export async function unknownFailure(place: LogPlace, what: string): Promise<JobError> {
  const lines = (await readTail(place)).trim().split('\n').slice(-SHOWN_LINES);
  const shown = lines.map((line) => `  ${line.slice(0, 400)}`).join('\n');
  return new JobError(
    'server-failed',
    `The embedded Temporal server ${what}. The last lines of ${logPath(place.dataDir)}:\n${shown}\nStart again; if it stays, set TEMPORAL_ADDRESS to a Temporal server that runs elsewhere.`,
    { details: { lines } },
  );
}

function lineAround(text: string, index: number): string {
  const start = text.lastIndexOf('\n', index) + 1;
  const end = text.indexOf('\n', index);
  const line = text.slice(start, end === -1 ? undefined : end);
  return line.slice(-200).trim();
}

async function readTail({ dataDir, from }: LogPlace): Promise<string> {
  const file = await open(logPath(dataDir), 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
