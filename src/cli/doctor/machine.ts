/** Owns what the doctor sees of this machine: Node, room on its disks, open files. */
import { access, constants, readFile, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { loadConfig } from '../../config.ts';
import { messageOf } from '../../contract/errors.ts';
import { DEFAULT_DATA_FOLDER, findServerFile } from '../../embedded/server-file.ts';
import type { Host } from '../host.ts';
import type { Finding } from './findings.ts';

const NODE_AT_LEAST = [20, 20] as const;
const NODE_RECOMMENDED = 24;
const GIB = 1024 ** 3;
const LITTLE_ROOM = 2 * GIB;
const NO_ROOM = 0.2 * GIB;
const FEW_FILES = 4096;

/** What is found here. Reads only. */
export async function machineFindings(host: Host): Promise<readonly Finding[]> {
  const folders = await Promise.all((await foldersOf(host)).map(diskFinding));
  return [nodeFinding(process.versions.node), ...folders.flat(), ...(await openFilesFinding())];
}

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldest, oldestMinor] = NODE_AT_LEAST;
  if (major < oldest || (major === oldest && minor < oldestMinor))
    return { about: 'node', state: 'wrong', says: `Node ${version} is too old`, mend: `Install Node ${NODE_RECOMMENDED}.` };
  return { about: 'node', state: 'good', says: `Node ${version}` };
}

/** The folders that jobs need, as far as they are known here. */
async function foldersOf({ env, cwd }: Host): Promise<readonly { readonly what: string; readonly folder: string }[]> {
  const { dataDir, payloads, exports } = loadConfig(env);
  const embedded = dataDir === undefined ? await findServerFile(cwd) : undefined;
  const named = [
    { what: 'data', folder: embedded?.dataDir ?? resolve(cwd, dataDir ?? DEFAULT_DATA_FOLDER) },
    { what: 'large values', folder: payloads },
    { what: 'exports', folder: exports },
  ];
  return named.flatMap(({ what, folder }) => (folder === undefined ? [] : [{ what, folder: resolve(cwd, folder) }]));
}

async function diskFinding({ what, folder }: { readonly what: string; readonly folder: string }): Promise<Finding> {
  const existing = await nearest(folder);
  try {
    await access(existing, constants.W_OK);
    const { bavail, bsize } = await statfs(existing);
    return roomFinding(bavail * bsize, `${folder} (${what})`);
  } catch (error) {
    return {
      about: 'disk',
      state: 'wrong',
      says: `${folder} (${what}) cannot be written: ${messageOf(error)}`,
      mend: 'Give this user the right to write there.',
    };
  }
}

export function roomFinding(free: number, where: string): Finding {
  const says = `${(free / GIB).toFixed(1)} GiB free for ${where}`;
  if (free >= LITTLE_ROOM) return { about: 'disk', state: 'good', says };
  return { about: 'disk', state: free < NO_ROOM ? 'wrong' : 'warning', says, mend: 'Make room: without it no job can be stored.' };
}

/** The folder, or the first one above it that is there. */
async function nearest(folder: string): Promise<string> {
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : await nearest(dirname(folder));
}

/** Nothing where the system does not tell. */
async function openFilesFinding(): Promise<readonly Finding[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  if (soft === undefined) return [];
  const says = `${soft} files and connections may be open at once`;
  if (Number(soft) >= FEW_FILES) return [{ about: 'limits', state: 'good', says }];
  return [
    {
      about: 'limits',
      state: 'warning',
      says,
      mend: 'Raise it where the server runs: ulimit -n 65536 (1 000 viewers of live events need 1 000).',
    },
  ];
}
